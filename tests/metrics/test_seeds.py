"""Scores over seeds, by hand: mean, spread, and the parts of the interval over seeds and rows."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from seqops.core.score import SHARE, Score
from seqops.metrics.intervals import interval
from seqops.metrics.ratio import ratio
from seqops.metrics.seeds import SeedScores, interval_over_seeds, satterthwaite, variance_of_mean


def share(right, rows=40, limits=None, **more):
    """Return the share of `rows` of which the first `right` are right."""
    each = np.stack([np.arange(rows) < right, np.ones(rows)], 1).astype(np.float64)
    return Score("share", each, ratio, True, "", limits=limits, **more)


def test_mean_range_and_deviation_are_those_of_the_seeds():
    found = SeedScores.of([share(20), share(24), share(28)]).to_json()
    assert found["values"] == [0.5, 0.6, 0.7]
    assert (found["value"], found["min"], found["max"]) == (0.6, 0.5, 0.7)
    assert found["sd"] == pytest.approx(0.1)
    assert found["units"] == 40
    assert "reason" not in found


def test_the_interval_adds_the_variance_over_rows_to_that_over_seeds():
    found = interval_over_seeds([share(20), share(24), share(28)])
    # twenty rows are right with each seed, four with two, four with one, twelve with none
    each = np.repeat([1.0, 2 / 3, 1 / 3, 0.0], [20, 4, 4, 12])
    rows, seeds = each.var(ddof=1) / 40, 0.1**2 / 3
    degrees = (rows + seeds) ** 2 / (rows**2 / 39 + seeds**2 / 2)
    half = stats.t.ppf(0.975, degrees) * math.sqrt(rows + seeds)
    assert (found.low, found.high) == pytest.approx((0.6 - half, 0.6 + half))


def test_a_bounded_score_has_its_interval_on_a_logit_scale():
    found, plain = (interval_over_seeds([share(n, limits=of) for n in (20, 24, 28)]) for of in (SHARE, None))
    half = (plain.high - 0.6) / (0.6 * 0.4)
    assert (found.low, found.high) == pytest.approx((expit(logit(0.6) - half), expit(logit(0.6) + half)))


def test_seeds_that_agree_leave_the_variance_over_rows():
    found = interval_over_seeds([share(24), share(24), share(24)])
    half = stats.t.ppf(0.975, 39) * math.sqrt(40 / 39 * 0.6 * 0.4 / 40)
    assert (found.low, found.high) == pytest.approx((0.6 - half, 0.6 + half))


def test_seeds_that_are_always_right_have_the_limits_of_the_rows():
    found, rows = (
        interval_over_seeds([share(40, limits=SHARE)] * 3),
        interval(share(40, limits=SHARE), 100, 0),
    )
    assert (found.low, found.high) == pytest.approx((rows.low, rows.high))
    assert found.low == pytest.approx(0.05 ** (1 / 40))


def test_near_a_limit_the_distances_over_rows_and_over_seeds_are_added_as_squares():
    scores = [share(38, limits=SHARE), share(39, limits=SHARE), share(40, limits=SHARE)]
    found, rows = interval_over_seeds(scores), interval_over_seeds([share(39, limits=SHARE)] * 3)
    assert found.value == 0.975
    assert found.low < rows.low
    assert found.high == 1.0
    wide = stats.t.ppf(0.975, 2) * 0.025 / math.sqrt(3) / (0.975 * 0.025)
    assert found.low < expit(logit(0.975) - wide)


def test_rows_of_a_group_are_one_unit():
    groups = np.arange(40) // 2
    found = interval_over_seeds([share(right, groups=groups, unit="group") for right in (20, 24, 28)])
    each = np.repeat([1.0, 2 / 3, 1 / 3, 0.0], [10, 2, 2, 6])
    rows, seeds = each.var(ddof=1) / 20, 0.1**2 / 3
    degrees = (rows + seeds) ** 2 / (rows**2 / 19 + seeds**2 / 2)
    assert found.units == 20
    assert found.high - 0.6 == pytest.approx(stats.t.ppf(0.975, degrees) * math.sqrt(rows + seeds))


def test_dependent_units_have_the_degrees_of_freedom_of_their_cosines():
    scores = [share(right, rows=120, block=10, unit="origin") for right in (60, 60, 60)]
    over_rows = interval(scores[0], 100, 0)
    found = interval_over_seeds(scores)
    assert (found.low, found.high, found.units) == pytest.approx((over_rows.low, over_rows.high, 12))


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([share(5, rows=12), share(6, rows=12)], "n = 12"),
        (
            [share(20, block=12, unit="origin"), share(24, block=12, unit="origin")],
            "too few origins for an interval: 3 independent",
        ),
        ([share(20, no_interval="none holds its level"), share(24)], "none holds its level"),
    ],
)
def test_there_is_no_interval_where_one_seed_has_none(scores, reason):
    found = interval_over_seeds(scores)
    assert (found.low, found.high, found.reason) == (None, None, reason)
    assert found.value == pytest.approx(np.mean([score.point() for score in scores]))


def test_a_score_that_one_seed_leaves_undefined_is_undefined():
    undefined = Score("share", np.zeros((40, 2)), lambda sums: sums[..., 0] * np.nan, True, "")
    found = SeedScores.of([share(20), undefined]).to_json()
    assert found["reason"] == "undefined"
    assert found["values"] == [0.5, None]
    assert found["value"] is found["min"] is found["max"] is found["sd"] is None


def test_rounding_is_no_variance_over_seeds():
    assert variance_of_mean(np.array([0.1 + 0.2, 0.3, 0.3])) == 0.0
    assert variance_of_mean(np.array([0.25, 0.75])) == pytest.approx(0.0625)


def test_satterthwaite_of_equal_variances_adds_their_degrees_of_freedom():
    assert satterthwaite([2.0, 2.0], [3, 3]) == 6
    assert satterthwaite([2.0, 0.0], [3, 5]) == 3


def test_two_seeds_have_no_interval():
    found = SeedScores.of([share(20), share(28)]).to_json()
    assert (found["low"], found["high"], found["reason"]) == (None, None, "2 seeds")
    assert (found["value"], found["min"], found["max"]) == (0.6, 0.5, 0.7)
