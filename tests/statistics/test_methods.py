"""The parts of the intervals and tests, by hand and against the formulas of their sources."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from seqops.core.score import PERCENT, POSITIVE, SHARE, Score
from seqops.metrics.dependence import cosine_terms, long_run_error
from seqops.metrics.influence import carriers, gradient, influences, standard_error
from seqops.metrics.intervals import interval
from seqops.metrics.paired_tests import paired
from seqops.metrics.rare_events import difference_limits, share_limits
from seqops.metrics.ratio import ratio
from seqops.metrics.resampling import bootstrap, swapped
from seqops.metrics.transforms import IDENTITY, LOG, transform_of


def shares(right, limits=SHARE, **more):
    each = np.asarray(right, np.float64)
    return Score("share", np.stack([each, np.ones(len(each))], 1), ratio, True, "", limits=limits, **more)


def test_the_influences_of_a_ratio_are_those_of_the_delta_method():
    generator = np.random.default_rng(0)
    units = generator.uniform(1, 2, (50, 2))
    expected = (units[:, 0] - units[:, 0].sum() / units[:, 1].sum() * units[:, 1]) / units[:, 1].sum()
    np.testing.assert_allclose(influences(ratio, units), expected, rtol=1e-6)


def test_a_sum_of_zero_has_no_slope():
    np.testing.assert_allclose(gradient(ratio, np.array([0.0, 4.0])), [0.0, 0.0])


def test_the_standard_error_of_a_mean_is_the_textbook_one():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    found = standard_error(influences(ratio, np.stack([values, np.ones(4)], 1)))
    assert found == pytest.approx(values.std(ddof=1) / 2)


def test_carriers_count_the_units_that_differ():
    each = np.zeros(1000)
    each[:5] = 1.0
    centred = influences(ratio, np.stack([each, np.ones(1000)], 1))
    assert carriers(centred) == pytest.approx(5, rel=0.02)


def test_equal_units_have_no_influence_for_all_rounding():
    units = np.tile([0.1, 0.3], (40, 1))
    assert not influences(lambda s: ratio(s) ** 0.37, units).any()


def test_a_perfect_share_is_bounded_by_the_number_of_units():
    found = interval(shares(np.ones(40)), 400, 0)
    assert found.high == 1.0
    assert found.low == pytest.approx(0.05 ** (1 / 40))
    assert interval(shares(np.zeros(40)), 400, 0).high == pytest.approx(1 - 0.05 ** (1 / 40))
    percent = dataclasses.replace(shares(np.ones(40)), limits=PERCENT, value=lambda s: 100 * ratio(s))
    assert interval(percent, 400, 0).low == pytest.approx(100 * 0.05 ** (1 / 40))


def test_the_limits_of_a_share_are_the_mid_p_limits_of_the_binomial():
    low, high = share_limits(np.repeat([1.0, 0.0], [3, 37]) / 40)
    chances = stats.binom(40, [low, high])
    assert chances.sf(3)[0] + chances.pmf(3)[0] / 2 == pytest.approx(0.025, abs=1e-6)
    assert chances.cdf(2)[1] + chances.pmf(3)[1] / 2 == pytest.approx(0.025, abs=1e-6)


def test_no_differing_unit_leaves_a_difference_open_on_both_sides():
    low, high = difference_limits(np.zeros(60))
    assert -low == high == pytest.approx(1 - 0.05 ** (1 / 60))


def test_one_gain_alone_is_no_certain_gain():
    low, high = difference_limits(np.eye(60)[0] / 60)
    assert low < 0 < 1 / 60 < high


def test_cosines_are_few_where_forecasts_overlap():
    assert cosine_terms(120, 12) == 5
    assert cosine_terms(36, 12) == 1
    assert cosine_terms(100, 1) == int(0.41 * 100 ** (2 / 3))


def test_the_long_run_error_of_independent_units_is_the_plain_one():
    values = np.random.default_rng(0).normal(0, 1, 20_000)
    centred = (values - values.mean()) / len(values)
    assert long_run_error(centred, 300) == pytest.approx(standard_error(centred), rel=0.1)


def test_the_long_run_error_of_repeated_units_counts_each_once():
    values = np.repeat(np.random.default_rng(0).normal(0, 1, 2000), 10)
    centred = (values - values.mean()) / len(values)
    assert long_run_error(centred, 200) == pytest.approx(np.sqrt(10) * standard_error(centred), rel=0.15)


def test_swaps_are_enumerated_where_they_are_few():
    first, second = np.array([[1.0], [1.0], [0.0]]), np.array([[0.0], [0.0], [0.0]])
    values, everything = swapped(lambda s: s[..., 0], first, second, 100, 0)
    assert everything
    assert sorted(values) == [-2.0, 0.0, 0.0, 2.0]
    assert len(swapped(lambda s: s[..., 0], np.ones((40, 1)), np.zeros((40, 1)), 100, 0)[0]) == 100


def test_repeated_rows_are_resampled_as_rows_of_their_own():
    each = np.repeat([1.0, 0.0], [70, 30])
    values, errors = bootstrap(ratio, np.stack([each, np.ones(100)], 1), 4000, 0)
    assert values.std() == pytest.approx(np.sqrt(0.21 / 100), rel=0.05)
    assert errors.mean() == pytest.approx(np.sqrt(0.21 / 99), rel=0.02)


def test_positive_scores_are_treated_on_the_scale_of_their_logarithm():
    assert transform_of(POSITIVE, 2.0) is LOG
    assert transform_of(POSITIVE, 0.0) is IDENTITY
    assert transform_of(None, 2.0) is IDENTITY
    scale = transform_of(PERCENT, 20.0)
    assert scale.back(scale.forward(np.asarray(20.0))) == pytest.approx(20.0)


def test_dependent_units_at_the_limit_are_counted_by_the_block():
    found = interval(shares(np.ones(120), block=12, unit="origin"), 100, 0)
    assert found.units == 10
    assert found.low == pytest.approx(0.05 ** (1 / 10))


def test_the_p_value_of_dependent_units_agrees_with_their_interval():
    generator = np.random.default_rng(3)
    noise = generator.normal(0, 1, 129)
    gain = np.convolve(noise, np.ones(10), "valid")
    gain = gain - gain.mean()

    def difference(shift):
        scores = (shares(values, None, block=10) for values in (gain + shift, np.zeros(120)))
        return paired(*scores, 100, 0)

    at_the_border = difference(0.0).high
    assert difference(at_the_border).low == pytest.approx(0.0, abs=1e-6)
    assert difference(at_the_border).p_better == pytest.approx(0.025, abs=1e-4)
    assert difference(-at_the_border).p_worse == pytest.approx(0.025, abs=1e-4)
