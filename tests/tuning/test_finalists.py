"""Which values win: the best over other seeds, if it is better on the held-out rows in every test."""

import numpy as np
import pytest
from scipy import stats

from seqops.core.score import Score
from seqops.metrics.ratio import ratio
from seqops.tuning.decision import compare
from seqops.tuning.finalists import Finalist, select_winner

ROWS = 40
RESAMPLES = 400


def score(means, block=1):
    """Return a score of one row for each mean."""
    statistics = np.stack([np.asarray(means, float), np.ones(len(means))], axis=1)
    return Score("accuracy", statistics, ratio, True, "", block)


def fits(gain, seeds=(0.0, 0.1, -0.1), rows=ROWS, noise=0.2, block=1):
    """Return a score for each seed; rows differ by their number, by the seed and by noise of the values."""
    generator = np.random.default_rng(round(100 * abs(gain)))
    common = np.linspace(0, 1, rows) + noise * generator.standard_normal(rows)
    return [score(common - common.mean() + gain + seed, block) for seed in seeds]


def finalist(label, gain, comparison=None, **options):
    held_out = tuple(fits(gain, **options))
    values, points = {"model.units": label}, tuple(one.point() for one in held_out)
    return Finalist(label, values, None, points, held_out, comparison)


def winner(*gains, **options):
    """Return the number of the winner, 0 for the present values."""
    current, *others = [finalist(str(i), gain, **options) for i, gain in enumerate((0.0, *gains))]
    found = compare(current.held_out, [one.held_out for one in others], 3, RESAMPLES, 0)
    tried = [
        Finalist(one.label, one.values, None, one.scores, one.held_out, c)
        for one, c in zip(others, found, strict=True)
    ]
    return int(select_winner([current, *tried]).label)


def test_the_mean_and_the_spread_by_hand():
    found = finalist("a", 2.0)
    assert found.mean == pytest.approx(2.0)
    assert found.spread == pytest.approx(0.1)
    assert Finalist("b", {}, None).mean is None
    assert Finalist("b", {}, None, (1.0,)).spread is None


def test_the_best_improvement_wins():
    assert winner(1.0, 2.0) == 2
    assert winner(2.0, 1.0) == 1


def test_a_tie_and_a_worse_mean_keep_the_present_values():
    assert winner(0.0) == 0
    assert winner(-2.0) == 0


def test_a_difference_within_the_spread_of_seeds_does_not_win():
    # the rows are certain of it: with this spread, Welch's t is 1.2
    assert winner(0.1) == 0


def test_a_difference_within_the_noise_of_rows_does_not_win():
    assert winner(0.6) == 1
    assert winner(0.6, noise=3.0) == 0


def test_the_tests_over_seeds_and_over_both_by_hand():
    (found,) = compare(fits(0.0), [fits(0.3)], 3, RESAMPLES, 0)
    theirs, ours = (np.array([one.point() for one in fits(gain)]) for gain in (0.0, 0.3))
    assert found.p_seeds == pytest.approx(
        stats.ttest_ind(ours, theirs, equal_var=False, alternative="greater")[1]
    )
    seeds, rows = 2 * 0.01 / 3, (found.rows.value - found.rows.low) / stats.norm.ppf(0.975)
    total = seeds + rows**2
    degrees = total**2 / (2 * (0.01 / 3) ** 2 / 2)
    assert found.p_both == pytest.approx(stats.t.sf(0.3 / total**0.5, degrees))
    assert found.p == max(found.p_rows, found.p_seeds, found.p_both)


def test_p_values_are_corrected_for_the_number_of_finalists():
    (alone,) = compare(fits(0.0), [fits(0.3)], 3, RESAMPLES, 0)
    found = compare(fits(0.0), [fits(0.3), fits(0.01), fits(0.02)], 3, RESAMPLES, 0)
    assert found[0].p == pytest.approx(3 * alone.p)
    assert found[0].rows == alone.rows


def test_seeds_without_a_spread_do_not_win_untested():
    (found,) = compare(fits(0.0, seeds=(0, 0, 0)), [fits(1.0, seeds=(0, 0, 0))], 3, RESAMPLES, 0)
    assert found.reason == "every seed has the same score, so that seeds cannot be tested"
    assert not found.better
    (found,) = compare(fits(0.0), [fits(1.0, seeds=(0, 0, 0))], 3, RESAMPLES, 0)
    assert found.better


def test_rows_alone_decide_between_two_models_without_a_seed():
    current, better, worse = (fits(gain, seeds=(0, 0, 0)) for gain in (0.0, 0.3, -0.3))
    first, second = compare(current, [better, worse], 3, RESAMPLES, 0, seedless={0, 1})
    assert first.better
    assert first.p_rows == first.p_seeds == first.p_both == first.rows.p_better
    assert not second.better
    assert not second.reason
    (network,) = compare(current, [better], 3, RESAMPLES, 0)
    assert network.reason


@pytest.mark.parametrize(
    ("current", "other", "reason"),
    [
        (3, 2, "1 of 3 fits of these values failed"),
        (1, 3, "2 of 3 fits of the present values failed"),
        (2, 2, "1 of 3 fits of these values failed, 1 of 3 fits of the present values failed"),
        (0, 0, "3 of 3 fits of these values failed, 3 of 3 fits of the present values failed"),
    ],
)
def test_missing_seeds_do_not_win_untested(current, other, reason):
    (found,) = compare(fits(0.0)[:current], [fits(9.0)[:other]], 3, RESAMPLES, 0)
    assert found.reason == reason
    assert not found.better


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"rows": 12}, "n = 12"), ({"block": 8}, "too few rows for an interval: 5 independent")],
)
def test_too_few_rows_keep_the_present_values_and_say_so(options, reason):
    (found,) = compare(fits(0.0, **options), [fits(9.0, **options)], 3, RESAMPLES, 0)
    assert found.reason == reason
    assert not found.better


def test_lower_wins_where_lower_is_better():
    current, better = (
        [Score("nats", s.statistics, s.value, False, "") for s in fits(gain)] for gain in (2.0, 1.0)
    )
    (found,) = compare(current, [better], 3, RESAMPLES, 0)
    assert found.better
    assert found.improvement == pytest.approx(1.0)
    (found,) = compare(better, [current], 3, RESAMPLES, 0)
    assert not found.better
