"""DriftReport: PSI and tests by hand, shifts that must be found, draws that must not raise an alarm."""

import json
import math

import numpy as np
import pytest
from scipy.stats import ks_2samp

from seqops.core.interfaces import Goal
from seqops.core.ragged import Ragged
from seqops.core.settings import DriftSettings
from seqops.drift.detect import DriftReport, build_reference, measure_drift
from seqops.drift.profiles import (
    MAX_CATEGORIES,
    MAX_POINTS,
    OTHER,
    CategoricalProfile,
    NumericProfile,
    read_profile,
)
from seqops.drift.two_sample_tests import chi2_pvalue, effect_below, effect_on_shares, ks_pvalue, psi, rare

LIMITS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)
GOAL = Goal("accuracy", higher_is_better=True)


def normal(seed, n=300, mean=0.0):
    return np.random.default_rng(seed).normal(mean, 1, n)


def drawn(seed, shares, n=300):
    return np.random.default_rng(seed).choice(list(shares), n, p=list(shares.values()))


def alike(seed, rows, low=1, high=20):
    """Draw rows whose values are alike: all of a row stand about a mean of its own."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(low, high, rows)
    means = np.repeat(generator.normal(size=rows), lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Ragged(means + generator.normal(size=len(means)), offsets)


def test_what_the_latest_rows_of_training_were_like_is_no_drift():
    # the last fifth moved, and the rows that are new moved with it
    before = np.concatenate([normal(0, 400), normal(1, 100, 3)])
    moved = measure_drift(build_reference({"x": before}), {"x": normal(2, 100, 3)}, LIMITS, GOAL)
    (feature,) = moved.features
    assert not moved.drifted
    assert feature.overall.psi > LIMITS.psi
    assert feature.p < LIMITS.alpha
    assert feature.recent.psi < LIMITS.psi
    assert moved.summary().endswith("compared with the latest rows)")
    assert measure_drift(build_reference({"x": before}), {"x": normal(2, 100, 6)}, LIMITS, GOAL).drifted


def test_zeros_and_ones_are_told_apart_however_few_the_zeros():
    before, now = (np.repeat([0.0, 1.0], [zeros, 100 - zeros]) for zeros in (5, 50))
    found = measure_drift(build_reference({"score": before}), {"score": now}, LIMITS, GOAL)
    assert found.drifted
    assert found.features[0].overall.largest_shift() == "below 1: 5.0% -> 50.0%"


def test_psi_by_hand():
    # half a count each: 4.5 and 4.5 of 9, 1.5 and 6.5 of 8
    added = psi(np.array([4, 4, 0]), np.array([1, 6, 0]))
    assert added[2] == 0
    assert added[0] == pytest.approx((1.5 / 8 - 0.5) * math.log(1.5 / 8 / 0.5))
    assert added.sum() == pytest.approx(0.3125 * math.log(13 / 3))


def test_psi_of_cells_that_are_empty_on_one_side():
    assert psi(np.array([0, 9]), np.array([9, 0])).sum() == pytest.approx(2 * 0.9 * math.log(19))
    assert psi(np.array([3, 7]), np.array([3, 7])).sum() == 0


def test_smirnov_is_scipy_s_where_every_value_stands_for_itself():
    one, two = normal(0, 80), normal(1, 50, 0.3)
    assert ks_pvalue(one, two, 80, 50) == ks_2samp(one, two, method="asymp").pvalue
    assert ks_pvalue(one, two, 8, 5) > ks_pvalue(one, two, 80, 50)


def test_cells_too_rare_to_test_are_taken_together():
    counts = np.array([50, 20, 3, 0])
    assert set(rare(counts, counts)) == {1, 2}
    assert set(rare(np.array([50, 20, 5]), np.array([50, 20, 5]))) == set()
    assert chi2_pvalue(counts, counts) == 1.0
    assert chi2_pvalue(np.array([60]), np.array([40])) == 1.0


@pytest.mark.parametrize("effect", [effect_on_shares, effect_below])
def test_the_design_effect_by_hand(effect):
    # each row holds one value twice: eight values are worth four, less one for the mean
    assert effect(np.array([[2, 0], [0, 2], [2, 0], [0, 2]])) == pytest.approx(2 * 4 / 3)
    assert effect(np.array([[1, 1]] * 4)) == 1.0
    assert effect(np.array([[3, 0]] * 4)) == 1.0


def test_numbers_are_kept_as_deciles_and_points():
    kept = NumericProfile.from_sample(np.arange(1, 1001))
    assert kept.edges == [100, 200, 300, 400, 500, 600, 700, 800, 900]
    assert kept.counts == [100] * 10
    assert len(kept.points) == MAX_POINTS
    assert kept.points[:2] == [2, 4]
    assert NumericProfile.from_sample(np.arange(20)).points == list(range(20))


def test_the_frequent_categories_are_kept_by_name():
    names = np.array([f"{i:03}" for i in range(MAX_CATEGORIES + 10) for _ in range(100 - i)])
    kept = CategoricalProfile.from_sample(names)
    assert len(kept.counts) == MAX_CATEGORIES + 1
    assert kept.counts["000"] == 100
    assert kept.counts[OTHER] == sum(100 - i for i in range(MAX_CATEGORIES, MAX_CATEGORIES + 10))


def test_the_p_values_are_corrected_by_holm():
    before = {name: normal(i) for i, name in enumerate("abc")}
    now = {"a": normal(7, 200, 0.25), "b": normal(8, 200, 0.35), "c": normal(9, 200)}
    kept = build_reference(before)
    raw = {name: read_profile(kept[name]).compare(now[name]).p for name in now}
    order = sorted(raw, key=raw.get)
    expected, highest = {}, 0.0
    for rank, name in enumerate(order):
        highest = max(highest, min(1.0, (3 - rank) * raw[name]))
        expected[name] = highest
    assert {f.name: f.p for f in measure_drift(kept, now, LIMITS, GOAL).features} == expected
    assert expected[order[0]] == 3 * raw[order[0]] < 0.05


def test_a_shift_is_found_and_named():
    kept = build_reference({"length": normal(0), "label": drawn(0, {"yes": 0.5, "no": 0.5})})
    found = measure_drift(
        kept, {"length": normal(1, 200, 2), "label": drawn(1, {"yes": 0.5, "no": 0.5})}, LIMITS, GOAL
    )
    assert found.drifted
    assert [f.name for f in found.features if f.drifted] == ["length"]
    assert found.summary().startswith("drift in 1 of 2 features: length (PSI ")
    assert "label" not in found.summary()


def test_a_spread_about_the_same_middle_is_found():
    found = measure_drift(build_reference({"x": normal(0)}), {"x": 3 * normal(1)}, LIMITS, GOAL)
    assert found.drifted


def test_shares_that_changed_are_found():
    kept = build_reference({"label": drawn(0, {"yes": 0.8, "no": 0.2})})
    found = measure_drift(kept, {"label": drawn(1, {"yes": 0.3, "no": 0.7})}, LIMITS, GOAL)
    assert found.drifted
    assert found.features[0].overall.cell in {"yes", "no"}


def test_a_category_that_training_never_saw_is_found():
    kept = build_reference({"label": drawn(0, {"yes": 0.5, "no": 0.5})})
    found = measure_drift(kept, {"label": drawn(1, {"yes": 0.4, "no": 0.3, "maybe": 0.3})}, LIMITS, GOAL)
    assert found.drifted
    shift = found.features[0].overall
    assert (shift.cell, shift.before) == (OTHER, 0.0)


@pytest.mark.parametrize("value", [-5.0, 5.0])
@pytest.mark.parametrize("before", [np.zeros(100), np.arange(100) / 100])
def test_values_beyond_all_that_training_saw_are_found(before, value):
    assert measure_drift(build_reference({"x": before}), {"x": np.full(60, value)}, LIMITS, GOAL).drifted


def test_a_sure_but_small_shift_is_no_drift():
    found = measure_drift(
        build_reference({"x": normal(0, 20000)}), {"x": normal(1, 20000, 0.25)}, LIMITS, GOAL
    )
    (feature,) = found.features
    assert feature.p < LIMITS.alpha
    assert feature.overall.psi < LIMITS.psi
    assert not found.drifted


@pytest.mark.parametrize(("before", "now"), [(300, 29), (29, 300)])
def test_with_too_few_rows_nothing_is_told(before, now):
    found = measure_drift(build_reference({"x": normal(0, before)}), {"x": normal(1, now, 9)}, LIMITS, GOAL)
    assert not found.drifted
    assert found.measured == ()
    assert found.summary() == f"drift not tested: {now} new rows, at least 30 are needed"
    assert found.to_json()["features"][0]["measured"] is False


def test_rows_count_and_not_the_values_in_them():
    column = alike(0, 29)
    assert len(column.values) > 200
    assert measure_drift(build_reference({"x": alike(1, 300)}), {"x": column}, LIMITS, GOAL).measured == ()


def test_draws_of_one_distribution_raise_hardly_an_alarm():
    shares = {"a": 0.6, "b": 0.3, "c": 0.1}
    alarms, chance = 0, 0
    for seed in range(200):
        kept = build_reference({"x": normal(seed, 200), "label": drawn(seed, shares, 200)})
        found = measure_drift(
            kept, {"x": normal(seed + 999, 60), "label": drawn(seed + 999, shares, 60)}, LIMITS, GOAL
        )
        alarms += found.drifted
        chance += any(f.p < 0.05 for f in found.features)
    assert alarms <= 200 * LIMITS.alpha
    assert 0 < chance <= 200 * 0.05  # the tests are no dead letter, and keep their level


def test_values_that_stand_in_rows_raise_no_more_alarms_than_others():
    together, apart = 0, 0
    for seed in range(100):
        before, now = alike(seed, 200), alike(seed + 999, 60)
        together += NumericProfile.from_sample(before).compare(now).p < 0.05
        apart += NumericProfile.from_sample(before.values).compare(now.values).p < 0.05
    assert together <= 5
    assert apart > 25


def test_what_is_kept_survives_json_and_says_the_same():
    watched = {"x": normal(0), "label": drawn(0, {"yes": 0.5, "no": 0.5}), "steps": alike(0, 100)}
    kept = build_reference(watched)
    again = json.loads(json.dumps(kept, allow_nan=False, sort_keys=True))
    assert again == kept == build_reference(watched)
    now = {"x": normal(1, 90, 1), "label": drawn(1, {"yes": 0.4, "no": 0.6}, 90), "steps": alike(1, 90)}
    ours, theirs = measure_drift(kept, now, LIMITS, GOAL), measure_drift(again, now, LIMITS, GOAL)
    assert ours == theirs
    assert json.loads(json.dumps(ours.to_json(), allow_nan=False)) == ours.to_json()
    assert ours.to_json()["drifted"] is True


def test_what_only_one_side_knows_or_knows_otherwise_is_left_out():
    kept = build_reference({"x": normal(0), "gone": normal(1), "kind": normal(2), "empty": np.zeros(0)})
    assert "empty" not in kept
    now = {"x": normal(3), "new": normal(4), "kind": drawn(0, {"yes": 1.0})}
    assert [f.name for f in measure_drift(kept, now, LIMITS, GOAL).features] == ["x"]
    assert DriftReport((), LIMITS).summary().startswith("drift not tested: 0 new rows")


def test_the_table_has_a_row_for_everything_watched():
    found = measure_drift(
        build_reference({"x": normal(0), "few": normal(1, 9)}),
        {"x": normal(2), "few": normal(3)},
        LIMITS,
        GOAL,
    )
    assert found.table().row_count == 2
