"""Quantiles that never cross, and their conformal corrections by hand."""

import numpy as np
import pytest

from seqops.metrics.quantile_forecasts import LEVELS
from seqops.tasks.forecast.model.quantile_calibration import QuantileCalibration, corrections, outwards
from seqops.tasks.forecast.model.quantile_forecaster import MEDIAN, non_crossing

NAN = np.nan
COUNT = len(LEVELS)


def corrected(*truth):
    """Correct quantiles of 0 around the median of each step; truth: the values of each step."""
    values = np.array(truth, np.float64).T[:, :, None]
    quantiles = np.zeros((*values.shape, COUNT))
    quantiles[..., MEDIAN] = np.nanmedian(values)
    found = corrections(values, quantiles)[:, 0]
    return [dict(zip(LEVELS, step, strict=True)) for step in found]


def test_a_correction_is_the_error_of_rank_n_plus_one_times_the_level():
    [found] = corrected([5, 1, 9, 3, 7, 2, 8, 4, 6])
    # ranks (9 + 1) x 0.1 = 1 and 0.3: 3; 0.7: 7 and 0.9: 9
    assert [found[level] for level in (0.1, 0.3, 0.7, 0.9)] == [1, 3, 7, 9]


def test_ranks_are_rounded_outwards():
    [found] = corrected([1, 2, 3, 4])
    # (4 + 1) x 0.3 = 1.5 is rounded down, 0.7: 3.5 up
    assert [found[level] for level in (0.3, 0.7)] == [1, 4]


def test_a_rank_beyond_the_errors_takes_the_outermost_one():
    [found] = corrected([1, 2, 3, 4])
    assert [found[level] for level in (0.025, 0.975)] == [1, 4]


def test_the_median_is_not_corrected():
    assert corrected([1, 2, 3])[0][0.5] == 0


def test_unknown_targets_are_left_out_and_an_unknown_step_repeats_the_one_before():
    first, second = corrected([NAN, 1, 9, 3, 7, 2, 8, 4, 6, 5, NAN], [NAN] * 11)
    assert first[0.1] == 1
    assert second == first
    assert not corrections(np.full((1, 1, 1), NAN), np.ones((1, 1, 1, COUNT))).any()


def test_errors_are_those_of_each_quantile():
    quantiles = np.full((9, 1, 1, COUNT), 10.0)
    quantiles[..., MEDIAN] = 5.0
    truth = np.arange(1.0, 10.0)[:, None, None]
    found = corrections(truth, quantiles)[0, 0]
    assert found[LEVELS.index(0.9)] == 9 - 10


def test_corrected_quantiles_cover_what_they_were_calibrated_on():
    truth = np.random.default_rng(0).normal(size=(99, 2, 1))
    added = corrections(truth, np.zeros((99, 2, 1, COUNT)))
    below = (truth[..., None] <= added).mean(axis=0)
    np.testing.assert_allclose(below[:, 0, LEVELS.index(0.1)], 10 / 99)
    np.testing.assert_allclose(below[:, 0, LEVELS.index(0.9)], 90 / 99)


def test_the_layer_adds_corrections_in_units_of_the_size_of_the_window():
    layer = QuantileCalibration(name="calibration")
    scaled = np.ones((1, 2, 3, 1, COUNT), "float32")
    layer.build(scaled.shape)
    layer.corrections.assign(np.full((2, 1, COUNT), 0.5))
    found = np.asarray(layer(scaled, np.array([[10.0]], "float32"), np.array([[4.0]], "float32")))
    assert (found == 10 + 4 * 1.5).all()
    assert not layer.trainable_variables


def test_corrected_quantiles_hold_where_they_would_cross():
    generator = np.random.default_rng(0)
    truth, quantiles = generator.normal(size=(99, 1, 1)), 3 * generator.normal(size=(99, 1, 1, COUNT))
    quantiles[..., MEDIAN] = 0.0
    added = outwards(quantiles + corrections(truth, quantiles))
    below = (truth[..., None] < added - 1e-9).sum(axis=(0, 1, 2))
    # ranks 10 and 90 of 99, without the truth that is the quantile
    assert (below[LEVELS.index(0.1)], below[LEVELS.index(0.9)]) == (9, 89)


def test_a_quantile_beyond_a_wrong_median_is_left_at_it():
    # all truths are above the median 0: no lower quantile can hold, and none is above the median
    truth = np.arange(1.0, 10.0)[:, None, None]
    found = outwards(corrections(truth, np.zeros((9, 1, 1, COUNT))))[0, 0]
    assert set(found[:MEDIAN]) == {0.0}
    assert found[LEVELS.index(0.9)] == 9


@pytest.mark.parametrize("spread", [0.1, 10.0])
def test_quantiles_never_cross(spread):
    generator = np.random.default_rng(0)
    out = spread * generator.normal(size=(4, 3, 2, 1, COUNT)).astype("float32")
    base = generator.normal(size=(4, 3, 2, 1)).astype("float32")
    found = np.asarray(non_crossing(base, out))
    assert (np.diff(found, axis=-1) >= 0).all()
    np.testing.assert_allclose(found[..., MEDIAN], base + out[..., MEDIAN], rtol=1e-6)


def test_quantiles_that_cross_after_the_correction_move_away_from_the_median():
    crossed = np.arange(COUNT, dtype=np.float64)
    crossed[MEDIAN + 1], crossed[0] = MEDIAN - 1, MEDIAN + 1
    found = outwards(crossed[None])[0]
    assert found[MEDIAN] == found[MEDIAN + 1] == MEDIAN
    assert found[0] == found[1] == 1
    assert (np.diff(found) >= 0).all()
