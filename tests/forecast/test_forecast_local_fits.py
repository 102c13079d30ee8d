"""Methods that are fitted to each of many series by itself: worked by hand, or against known answers."""

import numpy as np
import pytest

from seqops.metrics.quantile_forecasts import LEVELS
from seqops.tasks.forecast.model.local import arima as arima_module
from seqops.tasks.forecast.model.local import arma, ets
from seqops.tasks.forecast.model.local.arima import arima
from seqops.tasks.forecast.model.local.differencing import differences, kpss
from seqops.tasks.forecast.model.local.naive import drift, naive, naive2, seasonal_naive
from seqops.tasks.forecast.model.local.nelder_mead import minimize
from seqops.tasks.forecast.model.local.panel import Panel
from seqops.tasks.forecast.model.local.seasonal_adjustment import is_seasonal, seasonal_indices
from seqops.tasks.forecast.model.local.theta import theta


def panel(*histories, season=1, horizon=3):
    return Panel.of([np.asarray(h, np.float64) for h in histories], season, horizon)[0]


@pytest.fixture(autouse=True)
def few_models(monkeypatch):
    """Try a few models, not all of them."""
    names = ("ETS(A,N,N)", "ETS(A,A,N)", "ETS(A,N,A)", "ETS(M,A,M)")
    monkeypatch.setattr(ets, "FORMS", [form for form in ets.FORMS if form.name in names])
    few = [arma.Order(0, 0, 0, 0, False), arma.Order(1, 0, 0, 0, True), arma.Order(0, 1, 0, 1, False)]
    monkeypatch.setattr(arima_module, "orders", lambda season: few if season > 1 else few[:2])


def noise(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def test_histories_end_together_the_longest_first():
    found, order = Panel.of([np.array([1.0]), np.array([2.0, 3.0])], 1, 1)
    assert order.tolist() == [1, 0]
    assert found.start.tolist() == [0, 1]
    np.testing.assert_array_equal(found.values, [[2, np.nan], [3, 1]])


def test_naive_intervals_by_hand():
    found = naive(panel([1, 2, 0]))
    assert found.mean.tolist() == [[0, 0, 0]]
    # errors 1 and -2, whose mean square is 2.5; 1.96 deviations at step 2 of a random walk
    np.testing.assert_allclose(
        found.quantiles[0, 1, [0, -1]], np.array([-1, 1]) * 1.959964 * np.sqrt(2.5 * 2)
    )
    assert found.quantiles[0, :, LEVELS.index(0.5)].tolist() == [0, 0, 0]


def test_seasonal_naive_and_drift_by_hand():
    found = seasonal_naive(panel([1, 5, 2, 7], [4], season=2))
    assert found.mean.tolist() == [[2, 7, 2], [4, 4, 4]]
    found = drift(panel([1, 3, 4]))
    np.testing.assert_allclose(found.mean, [[5.5, 7, 8.5]])
    # changes 2 and 1 about the slope 1.5: variance 0.5 by 2 - 1, at step 2 times 2 (1 + 2 / 2)
    np.testing.assert_allclose(found.quantiles[0, 1, -1] - 7, 1.959964 * np.sqrt(0.5 * 4), rtol=1e-6)


def test_the_season_is_tested_on_three_seasons_or_more():
    # about -1/3 at three lags, (n - 4) / n at the fourth: limit 1.645 sqrt((1 + 6 / 9) / n)
    assert is_seasonal(np.array([1.0, 1, 1, 3] * 3), 4)
    assert not is_seasonal(np.array([1.0, 1, 1, 3] * 3)[1:], 4)
    assert not is_seasonal(noise(40), 4)


def test_seasonal_indices_by_hand():
    # the centred averages of 10 20 10 20 10 are 15, so the ratios are 20 / 15, 10 / 15, 20 / 15
    np.testing.assert_allclose(seasonal_indices(np.array([10.0, 20, 10, 20, 10]), 2), [2 / 3, 4 / 3])
    np.testing.assert_allclose(seasonal_indices(np.array([10.0, 20, 10, 20, 10]), 2, False), [-5, 5])


def test_naive2_repeats_the_adjusted_value_times_the_season():
    found = naive2(panel([10, 10, 10, 30] * 6, [-1, -1, -1, 3] * 6, season=4, horizon=5))
    np.testing.assert_allclose(found.mean[0], [10, 10, 10, 30, 10])
    assert found.mean[1].tolist() == [3] * 5  # no ratios about 0


def test_theta_of_a_line_has_half_its_slope():
    # the second line is the series itself, and simple smoothing follows it to its last value
    found = theta(panel(np.arange(1.0, 21)))
    np.testing.assert_allclose(found.mean, [[20.5, 21, 21.5]], atol=0.01)


def test_theta_of_a_pure_season_repeats_it():
    np.testing.assert_allclose(theta(panel([10, 20] * 6, season=2)).mean, [[10, 20, 10]], rtol=1e-6)


def test_minimum_of_several_functions_at_once():
    def loss(points, rows):
        return ((points - rows[:, None]) ** 2 * [1, 10]).sum(axis=1)

    found, values = minimize(loss, np.full((3, 2), 5.0))
    np.testing.assert_allclose(found, [[0, 0], [1, 1], [2, 2]], atol=0.01)
    assert (values < 1e-4).all()


def test_a_loss_that_is_finite_nowhere_gives_infinity():
    values = minimize(lambda points, rows: np.full(len(points), np.nan), np.zeros((2, 1)))[1]
    assert np.isinf(values).all()


def test_simple_smoothing_by_hand():
    form = next(f for f in ets.FORMS if f.name == "ETS(A,N,N)")
    series = panel([2, 6, 4])
    smoothing = ets.Smoothing(*(np.array([x]) for x in (0.5, 0.0, 0.0, 1.0)))
    states = ets.States(np.array([2.0]), np.zeros(1), np.zeros((1, 1)))
    errors, expected = ets.run(form.kind, series, smoothing, states)
    assert expected[:, 0].tolist() == [2, 2, 4]
    assert errors[:, 0].tolist() == [0, 4, 0]
    assert states.level.tolist() == [4]


def test_ets_finds_trend_and_season():
    steps = np.arange(60)
    series = (100 + steps) * np.where(steps % 2, 1.2, 0.8) + 0.5 * noise(60)
    found = ets.ets(panel(series, 50 + noise(60), season=2))
    np.testing.assert_allclose(found.mean[0], [128.0, 193.2, 129.6], rtol=0.01)
    np.testing.assert_allclose(found.mean[1], 50, atol=1)
    assert "M) 1 times" in found.settings


def test_residuals_of_a_seasonal_arma_by_hand():
    one = arma.Coefficients(*(np.array([[x]]) for x in (0.5, 0.25, 0.5, 0.5)))
    ar, ma = one.polynomials(2)
    assert ar[:, 0].tolist() == [1, -0.5, -0.5, 0.25]
    assert ma[:, 0].tolist() == [1, 0.25, 0.5, 0.125]
    shocks = noise(12)
    series = np.zeros(12)
    for t in range(12):
        series[t] = sum(ma[j, 0] * shocks[t - j] for j in range(4) if j <= t)
        series[t] -= sum(ar[i, 0] * series[t - i] for i in range(1, 4) if i <= t)
    np.testing.assert_allclose(arma.residuals(series[:, None], one, 2)[:, 0], shocks)


def test_differences():
    assert differences(noise(80), 1) == ()
    assert differences(np.cumsum(noise(80)), 1) == (1,)
    assert differences(noise(80) + 5 * np.sin(np.arange(80) * np.pi / 2), 4) == (4,)
    assert kpss(np.array([1.0, -1.0])) == pytest.approx(0.25)  # sums 1 and 0, variance 1: 1 / 2**2


def test_arima_of_a_walk_and_of_an_autoregression():
    walk, x = 100 + np.cumsum(noise(150)), np.zeros(150)
    for t, shock in enumerate(noise(150, 1)):
        x[t] = 0.8 * x[t - 1] + shock
    found = arima(panel(walk, x + 10, horizon=40))
    assert abs(found.mean[0, -1] - walk[-1]) < 5
    width = found.quantiles[..., -1] - found.quantiles[..., 0]
    # a walk's grows with the root of the step; that of an autoregression has a limit
    assert width[0, -1] / width[0, 9] == pytest.approx(2, rel=0.15)
    assert width[1, -1] / width[1, 19] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("method", [naive2, theta, ets.ets, arima])
def test_a_forecast_does_not_depend_on_the_other_series(method):
    steps = np.arange(48)
    histories = [100 + 10 * np.sin(steps * np.pi / 2) + noise(48, seed) + seed * steps for seed in range(5)]
    alone, many = (method(panel(*some, season=4)) for some in (histories[:2], histories))
    np.testing.assert_array_equal(many.mean[:2], alone.mean)
    np.testing.assert_array_equal(many.quantiles[:2], alone.quantiles)


@pytest.mark.parametrize("method", [naive, seasonal_naive, drift, naive2, theta, ets.ets, arima])
def test_a_constant_history_is_repeated(method):
    with np.errstate(all="ignore"):
        found = method(panel([7.0] * 40, season=4))
    np.testing.assert_allclose(found.mean, [[7, 7, 7]])
    np.testing.assert_allclose(found.quantiles, 7, atol=1e-6)
