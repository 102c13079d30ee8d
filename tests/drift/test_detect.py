"""DriftReport: hand-worked PSI and tests, shifts that must be found, samples that must not raise an alarm."""

import json
import math

import numpy as np
import pytest
from scipy.stats import ks_2samp

from seqops.core.ragged import Ragged
from seqops.core.records import Goal
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


def draw(seed, shares, n=300):
    return np.random.default_rng(seed).choice(list(shares), n, p=list(shares.values()))


def correlated(seed, rows, low=1, high=20):
    """Draw rows of correlated values: each row varies around its own mean."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(low, high, rows)
    means = np.repeat(generator.normal(size=rows), lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Ragged(means + generator.normal(size=len(means)), offsets)


def test_a_shift_that_the_latest_training_rows_already_had_is_not_drift():
    # the last fifth of the training rows moved, and the new rows moved with it
    before = np.concatenate([normal(0, 400), normal(1, 100, 3)])
    moved = measure_drift(build_reference({"x": before}), {"x": normal(2, 100, 3)}, LIMITS, GOAL)
    (feature,) = moved.features
    assert not moved.drifted
    assert feature.overall.psi > LIMITS.psi
    assert feature.p < LIMITS.alpha
    assert feature.recent.psi < LIMITS.psi
    assert moved.summary().endswith("compared with the latest rows)")
    assert measure_drift(build_reference({"x": before}), {"x": normal(2, 100, 6)}, LIMITS, GOAL).drifted


def test_zeros_and_ones_are_distinguished_even_with_few_zeros():
    before, now = (np.repeat([0.0, 1.0], [zeros, 100 - zeros]) for zeros in (5, 50))
    found = measure_drift(build_reference({"score": before}), {"score": now}, LIMITS, GOAL)
    assert found.drifted
    assert found.features[0].overall.largest_shift() == "below 1: 5.0% -> 50.0%"


def test_psi_by_hand():
    # add half a count to each cell: 4.5 and 4.5 of 9, 1.5 and 6.5 of 8
    added = psi(np.array([4, 4, 0]), np.array([1, 6, 0]))
    assert added[2] == 0
    assert added[0] == pytest.approx((1.5 / 8 - 0.5) * math.log(1.5 / 8 / 0.5))
    assert added.sum() == pytest.approx(0.3125 * math.log(13 / 3))


def test_psi_with_cells_that_are_empty_on_one_side():
    assert psi(np.array([0, 9]), np.array([9, 0])).sum() == pytest.approx(2 * 0.9 * math.log(19))
    assert psi(np.array([3, 7]), np.array([3, 7])).sum() == 0


def test_the_ks_test_equals_scipy_s_for_independent_values():
    one, two = normal(0, 80), normal(1, 50, 0.3)
    assert ks_pvalue(one, two, 80, 50) == ks_2samp(one, two, method="asymp").pvalue
    assert ks_pvalue(one, two, 8, 5) > ks_pvalue(one, two, 80, 50)


def test_rare_cells_are_pooled():
    counts = np.array([50, 20, 3, 0])
    assert set(rare(counts, counts)) == {1, 2}
    assert set(rare(np.array([50, 20, 5]), np.array([50, 20, 5]))) == set()
    assert chi2_pvalue(counts, counts) == 1.0
    assert chi2_pvalue(np.array([60]), np.array([40])) == 1.0


@pytest.mark.parametrize("effect", [effect_on_shares, effect_below])
def test_the_design_effect_by_hand(effect):
    # each row has one value twice: eight values are worth four, minus one for the mean
    assert effect(np.array([[2, 0], [0, 2], [2, 0], [0, 2]])) == pytest.approx(2 * 4 / 3)
    assert effect(np.array([[1, 1]] * 4)) == 1.0
    assert effect(np.array([[3, 0]] * 4)) == 1.0


def test_a_numeric_profile_has_deciles_and_points():
    reference = NumericProfile.from_sample(np.arange(1, 1001))
    assert reference.edges == [100, 200, 300, 400, 500, 600, 700, 800, 900]
    assert reference.counts == [100] * 10
    assert len(reference.points) == MAX_POINTS
    assert reference.points[:2] == [2, 4]
    assert NumericProfile.from_sample(np.arange(20)).points == list(range(20))


def test_a_categorical_profile_keeps_the_frequent_categories():
    names = np.array([f"{i:03}" for i in range(MAX_CATEGORIES + 10) for _ in range(100 - i)])
    reference = CategoricalProfile.from_sample(names)
    assert len(reference.counts) == MAX_CATEGORIES + 1
    assert reference.counts["000"] == 100
    assert reference.counts[OTHER] == sum(100 - i for i in range(MAX_CATEGORIES, MAX_CATEGORIES + 10))


def test_p_values_are_corrected_by_holm_s_method():
    before = {name: normal(i) for i, name in enumerate("abc")}
    now = {"a": normal(7, 200, 0.25), "b": normal(8, 200, 0.35), "c": normal(9, 200)}
    reference = build_reference(before)
    raw = {name: read_profile(reference[name]).compare(now[name]).p for name in now}
    order = sorted(raw, key=raw.get)
    expected, highest = {}, 0.0
    for rank, name in enumerate(order):
        highest = max(highest, min(1.0, (3 - rank) * raw[name]))
        expected[name] = highest
    assert {f.name: f.p for f in measure_drift(reference, now, LIMITS, GOAL).features} == expected
    assert expected[order[0]] == 3 * raw[order[0]] < 0.05


def test_a_shift_is_detected_and_named():
    reference = build_reference({"length": normal(0), "label": draw(0, {"yes": 0.5, "no": 0.5})})
    found = measure_drift(
        reference, {"length": normal(1, 200, 2), "label": draw(1, {"yes": 0.5, "no": 0.5})}, LIMITS, GOAL
    )
    assert found.drifted
    assert [f.name for f in found.features if f.drifted] == ["length"]
    assert found.summary().startswith("drift in 1 of 2 features: length (PSI ")
    assert "label" not in found.summary()


def test_a_larger_variance_with_the_same_mean_is_detected():
    found = measure_drift(build_reference({"x": normal(0)}), {"x": 3 * normal(1)}, LIMITS, GOAL)
    assert found.drifted


def test_changed_proportions_are_detected():
    reference = build_reference({"label": draw(0, {"yes": 0.8, "no": 0.2})})
    found = measure_drift(reference, {"label": draw(1, {"yes": 0.3, "no": 0.7})}, LIMITS, GOAL)
    assert found.drifted
    assert found.features[0].overall.cell in {"yes", "no"}


def test_a_category_absent_from_training_is_detected():
    reference = build_reference({"label": draw(0, {"yes": 0.5, "no": 0.5})})
    found = measure_drift(reference, {"label": draw(1, {"yes": 0.4, "no": 0.3, "maybe": 0.3})}, LIMITS, GOAL)
    assert found.drifted
    shift = found.features[0].overall
    assert (shift.cell, shift.before) == (OTHER, 0.0)


@pytest.mark.parametrize("value", [-5.0, 5.0])
@pytest.mark.parametrize("before", [np.zeros(100), np.arange(100) / 100])
def test_values_outside_the_training_range_are_detected(before, value):
    assert measure_drift(build_reference({"x": before}), {"x": np.full(60, value)}, LIMITS, GOAL).drifted


def test_a_significant_but_small_shift_is_not_drift():
    found = measure_drift(
        build_reference({"x": normal(0, 20000)}), {"x": normal(1, 20000, 0.25)}, LIMITS, GOAL
    )
    (feature,) = found.features
    assert feature.p < LIMITS.alpha
    assert feature.overall.psi < LIMITS.psi
    assert not found.drifted


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [(300, 29, "29 new rows, at least 30 are needed"), (29, 300, "too few rows: 29 before, 300 now")],
)
def test_too_few_rows_are_not_tested(before, now, reason):
    found = measure_drift(build_reference({"x": normal(0, before)}), {"x": normal(1, now, 9)}, LIMITS, GOAL)
    assert not found.drifted
    assert found.measured == ()
    assert found.summary() == f"drift not tested: {reason}"
    assert found.to_json()["features"][0]["measured"] is False


def test_rows_are_counted_and_not_the_values_in_them():
    column = correlated(0, 29)
    assert len(column.values) > 200
    assert (
        measure_drift(build_reference({"x": correlated(1, 300)}), {"x": column}, LIMITS, GOAL).measured == ()
    )


def test_samples_of_one_distribution_rarely_raise_an_alarm():
    shares = {"a": 0.6, "b": 0.3, "c": 0.1}
    alarms, significant = 0, 0
    for seed in range(200):
        reference = build_reference({"x": normal(seed, 200), "label": draw(seed, shares, 200)})
        found = measure_drift(
            reference, {"x": normal(seed + 999, 60), "label": draw(seed + 999, shares, 60)}, LIMITS, GOAL
        )
        alarms += found.drifted
        significant += any(f.p < 0.05 for f in found.features)
    assert alarms <= 200 * LIMITS.alpha
    assert 0 < significant <= 200 * 0.05  # the tests reject sometimes, and keep their level


def test_values_correlated_within_rows_raise_no_more_alarms_than_independent_ones():
    by_row, independent = 0, 0
    for seed in range(100):
        before, now = correlated(seed, 200), correlated(seed + 999, 60)
        by_row += NumericProfile.from_sample(before).compare(now).p < 0.05
        independent += NumericProfile.from_sample(before.values).compare(now.values).p < 0.05
    assert by_row <= 5
    assert independent > 25


def test_a_reference_read_back_from_json_gives_the_same_report():
    columns = {"x": normal(0), "label": draw(0, {"yes": 0.5, "no": 0.5}), "steps": correlated(0, 100)}
    reference = build_reference(columns)
    again = json.loads(json.dumps(reference, allow_nan=False, sort_keys=True))
    assert again == reference == build_reference(columns)
    now = {"x": normal(1, 90, 1), "label": draw(1, {"yes": 0.4, "no": 0.6}, 90), "steps": correlated(1, 90)}
    first, second = measure_drift(reference, now, LIMITS, GOAL), measure_drift(again, now, LIMITS, GOAL)
    assert first == second
    assert json.loads(json.dumps(first.to_json(), allow_nan=False)) == first.to_json()
    assert first.to_json()["drifted"] is True


def test_features_on_one_side_only_or_of_another_type_are_ignored():
    reference = build_reference({"x": normal(0), "gone": normal(1), "kind": normal(2), "empty": np.zeros(0)})
    assert "empty" not in reference
    now = {"x": normal(3), "new": normal(4), "kind": draw(0, {"yes": 1.0})}
    assert [f.name for f in measure_drift(reference, now, LIMITS, GOAL).features] == ["x"]
    assert DriftReport((), LIMITS).summary().startswith("drift not tested: 0 new rows")


def test_the_table_has_a_row_for_every_feature():
    found = measure_drift(
        build_reference({"x": normal(0), "few": normal(1, 9)}),
        {"x": normal(2), "few": normal(3)},
        LIMITS,
        GOAL,
    )
    assert found.table().row_count == 2
