"""Levels that follow the errors of earlier origins: by hand, known truths alone, and in the backtest."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from seqops.metrics.quantile_forecasts import LEVELS
from seqops.tasks.forecast.model.adaptive_levels import GAMMA, LOWEST, NOISE, adapted, at_levels

NORMAL = ndtri(np.array(LEVELS))
LOW, MEDIAN, HIGH = (LEVELS.index(level) for level in (0.1, 0.5, 0.9))


def normal(rows, steps=1):
    """Return quantiles of the normal distribution: (rows, steps, 1, Q)."""
    return np.tile(NORMAL, (rows, steps, 1, 1))


def follow(truth, series=None):
    """Adapt normal quantiles to truths (n, H) at origins one period apart."""
    values = np.array(truth, np.float64)[:, :, None]
    series = np.zeros(len(values), np.int64) if series is None else np.array(series)
    periods = np.concatenate([np.arange((series == number).sum()) for number in np.unique(series)])
    return adapted(normal(len(values), values.shape[1]), values, series, periods)[:, :, 0]


def level_of(quantile):
    """Return the level that a normal quantile was taken at."""

    return ndtr(quantile)


def test_a_level_falls_by_what_was_too_many_below_and_rises_by_what_was_too_few():
    gamma = GAMMA / (1 + NOISE)
    found = level_of(follow([[-9.0], [0.0], [0.0]]))[:, 0]
    # below the first lower quantile, then above the second
    assert found[:, LOW] == pytest.approx([0.1, 0.1 - gamma * 0.9, 0.1 - gamma * 0.9 + gamma * 0.1], abs=1e-4)
    # below the upper quantile, as 0.9 of truths are
    assert found[:, HIGH] == pytest.approx([0.9, 0.9 - gamma * 0.1, 0.9 - gamma * 0.2], abs=1e-4)
    assert found[:, MEDIAN] == pytest.approx(0.5)


def test_series_with_few_origins_share_their_levels():
    gamma = GAMMA * 4 / (4 + NOISE)
    truth, series = [[-9.0], [0.0], [0.0], [0.0], [0.0], [0.0], [0.0], [0.0]], [0, 0, 1, 1, 2, 2, 3, 3]
    found = level_of(follow(truth, series))[:, 0, LOW]
    assert found[::2] == pytest.approx([0.1] * 4)
    # one of four series was below
    assert found[1::2] == pytest.approx([0.1 + gamma * (0.1 - 0.25)] * 4, abs=1e-4)


def test_a_series_with_many_origins_has_levels_of_its_own():
    truth, series = [[-9.0]] * 100 + [[0.0]] * 100, [0] * 100 + [1] * 100
    found = level_of(follow(truth, series))[:, 0, LOW]
    assert found[99] == pytest.approx(LOWEST, rel=1e-3)
    assert found[199] > 0.1


def test_a_step_is_known_only_after_its_own_period():
    # three steps ahead: the error of the third step of the first origin is known three periods later
    truth = np.zeros((5, 3))
    truth[0] = -9.0
    found = follow(truth)[:, :, LOW]
    for step in range(3):
        assert found[: step + 1, step] == pytest.approx(NORMAL[LOW])
        assert found[step + 1, step] < NORMAL[LOW]


def test_a_later_truth_changes_no_earlier_quantile():
    generator = np.random.default_rng(0)
    series, periods = np.repeat(np.arange(3), 8), np.tile(np.arange(8), 3)
    values = generator.normal(size=(3, 12))
    for changed in range(12):
        other = values.copy()
        other[1, changed] = -50.0 * np.sign(values[1, changed])
        truth, after = (
            np.stack([y[k, t : t + 4] for k in range(3) for t in range(8)])[..., None]
            for y in (values, other)
        )
        first, second = (adapted(normal(24, 4), y, series, periods) for y in (truth, after))
        # the period that changed is known from the next one on
        np.testing.assert_array_equal(first[periods <= changed], second[periods <= changed])
        if changed < 7:
            assert (first[periods > changed] != second[periods > changed]).any()


def test_unknown_truths_and_single_origins_change_nothing():
    np.testing.assert_allclose(follow([[np.nan]] * 4), normal(4)[:, :, 0])
    np.testing.assert_array_equal(follow([[-9.0], [9.0]], [0, 1]), normal(2)[:, :, 0])


def test_quantiles_of_a_normal_distribution_are_those_of_any_level():
    levels = np.tile([0.001, 0.3, *np.linspace(0.4, 0.6, 18), 0.999], (1, 1, 1))
    found = at_levels(7 + 2 * normal(1), levels)[0, 0, 0]
    np.testing.assert_allclose(found, 7 + 2 * ndtri(levels[0, 0]))
