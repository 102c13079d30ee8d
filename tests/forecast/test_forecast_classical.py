"""Classical methods against independent implementations and by hand."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from statsmodels.tsa.statespace.sarimax import SARIMAX

from seqops.tasks.forecast.data.sample import AIRLINE
from seqops.tasks.forecast.model.classical import arima, autoregression, direct_regression
from seqops.tasks.forecast.model.classical import exponential_smoothing as smoothing
from seqops.tasks.forecast.model.classical import theta as theta_method

PASSENGERS = np.array([float(x) for x in AIRLINE.split()])
LOGS = np.log(PASSENGERS)
NONE = np.zeros(0)


def named(candidates, settings):
    return next(c for c in candidates if c.settings == settings)


def test_ar_by_hand():
    # y[t] = 1 + 2 y[t-1] - y[t-2] exactly
    series = np.array([0.0, 1.0, 3.0, 6.0, 10.0, 15.0, 21.0])
    coefficients = autoregression.fit_autoregression(series, 2)
    np.testing.assert_allclose(coefficients, [1, 2, -1], atol=1e-9)
    np.testing.assert_allclose(autoregression.iterate(coefficients, series, 3), [28, 36, 45])


def test_ar_is_that_of_statsmodels():
    theirs = AutoReg(LOGS, 13).fit().forecast(12)
    ours = named(autoregression.candidates(12, 12), "AR(13)").fit(LOGS, 12)(NONE)
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_a_fitted_ar_rolls_on_with_its_coefficients():
    forecaster = named(autoregression.candidates(12, 1), "AR(2)").fit(LOGS[:100], 1)
    c = autoregression.fit_autoregression(LOGS[:100], 2)
    expected = c[0] + c[1] * LOGS[109] + c[2] * LOGS[108]
    assert forecaster(LOGS[100:110])[0] == pytest.approx(expected)


def test_direct_regression_by_hand():
    # each value doubles: two steps on it is four times the latest
    series = 2.0 ** np.arange(12)
    coefficients = direct_regression.fit_direct(series, 1, 2, 0.0)
    np.testing.assert_allclose(coefficients, [[0, 0], [2, 4]], atol=1e-6)


@pytest.mark.parametrize("penalty", [0.001, 10.0])
def test_direct_regression_is_the_ridge_of_scikit_learn(penalty):
    ours = direct_regression.fit_direct(LOGS, 13, 15, penalty)
    # two blocks: steps 1 to 12 share the rows that know step 12, steps 13 to 15 those that know step 15
    for step, last in ((1, 12), (12, 12), (13, 15), (15, 15)):
        rows = range(13, len(LOGS) - last + 1)
        x = np.array([LOGS[t - 13 : t][::-1] for t in rows])
        y = np.array([LOGS[t + step - 1] for t in rows])
        theirs = Ridge(penalty * np.var(LOGS)).fit(x, y)
        np.testing.assert_allclose(ours[0, step - 1], theirs.intercept_, atol=1e-6)
        np.testing.assert_allclose(ours[1:, step - 1], theirs.coef_, atol=1e-6)


def test_ets_is_that_of_statsmodels():
    form = {"trend": "add", "seasonal": "mul", "seasonal_periods": 12}
    candidate = named(smoothing.candidates(12, 12), "trend, multiplicative season")
    theirs = ExponentialSmoothing(PASSENGERS, **form).fit().forecast(12)
    np.testing.assert_allclose(candidate.fit(PASSENGERS, 12)(NONE), theirs)


def test_a_fitted_ets_rolls_on_with_its_smoothing_and_its_start():
    candidate = named(smoothing.candidates(12, 12), "no trend, no season")
    found = ExponentialSmoothing(PASSENGERS[:100]).fit().params
    level = found["initial_level"]
    for value in PASSENGERS[:110]:
        level += found["smoothing_level"] * (value - level)
    assert candidate.fit(PASSENGERS[:100], 1)(PASSENGERS[100:110])[0] == pytest.approx(level)


@pytest.mark.parametrize(
    "settings", ["damped trend, additive season of logarithms", "trend, multiplicative season"]
)
def test_a_rolled_ets_without_new_rows_is_the_fit_itself(settings):
    candidate = named(smoothing.candidates(12, 3), settings)
    forecaster = candidate.fit(PASSENGERS[:119], 3)
    # the next row is what it expects, so that its states and its forecast only move on by a step
    ahead = forecaster(NONE)
    np.testing.assert_allclose(forecaster(ahead[:1])[:2], ahead[1:], rtol=1e-6)


def test_no_multiplicative_season_of_values_that_are_not_positive():
    candidate = named(smoothing.candidates(12, 12), "trend, multiplicative season")
    assert candidate.fits(PASSENGERS)
    assert not candidate.fits(PASSENGERS - 104)
    plain = smoothing.candidates(1, 12)
    assert len(plain) == 6
    assert all("no season" in c.settings for c in plain)


def test_theta_is_that_of_statsmodels():
    candidate = named(theta_method.candidates(12, 12), "additive season of logarithms")
    model = ThetaModel(LOGS, period=12, deseasonalize=True, use_test=False, method="additive")
    np.testing.assert_allclose(candidate.fit(PASSENGERS, 12)(NONE), np.exp(model.fit().forecast(12)))


AIRLINE_MODEL = arima.Order(0, 12)


def test_the_likelihood_of_the_airline_model_is_the_exact_one_of_statsmodels():
    model = SARIMAX(
        LOGS, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12), simple_differencing=True, concentrate_scale=True
    )
    w = AIRLINE_MODEL.difference(LOGS)
    points = [np.array(p) for p in ((-0.4, -0.5), (0.3, -0.8), (0.0, 0.0))]
    ours = [arima.deviance(p, w, AIRLINE_MODEL) for p in points]
    theirs = [-2 * model.loglike(p) for p in points]
    # up to a constant
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-8)


def test_the_airline_model_has_the_optimum_and_the_forecasts_of_statsmodels():
    model = SARIMAX(LOGS, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12), simple_differencing=True)
    found = model.fit(disp=False)
    coefficients = arima.estimate(LOGS, AIRLINE_MODEL)
    np.testing.assert_allclose(coefficients, found.params[:2], atol=2e-3)
    exact = SARIMAX(LOGS, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12)).filter(
        [*coefficients, found.params[2]]
    )
    ours = arima.forecast(LOGS, AIRLINE_MODEL, coefficients, NONE, 24)
    np.testing.assert_allclose(ours, exact.forecast(24), rtol=1e-4)


def test_the_ar_part_is_found_where_it_is_known():
    generator = np.random.default_rng(3)
    e, w = generator.normal(size=2001), np.zeros(2001)
    for t in range(2, 2001):
        w[t] = 0.5 * w[t - 1] - 0.3 * w[t - 2] + e[t] + 0.4 * e[t - 1]
    series, order = np.cumsum(w), arima.Order(2, 1)
    coefficients = arima.estimate(series, order)
    difference = order.difference(series)
    phi, _ = arima.autoregressive(
        difference, 2, arima.Errors.of(order.moving_average(coefficients), len(difference) - 2)
    )
    np.testing.assert_allclose([*phi, *coefficients], [0.5, -0.3, 0.4], atol=0.12)
    theirs = SARIMAX(series, order=(2, 1, 1), simple_differencing=True).fit(disp=False)
    np.testing.assert_allclose([*phi, *coefficients], theirs.params[:3], atol=5e-3)


WAVE = np.round(np.cos(np.arange(60) / 10), 10)


@pytest.mark.parametrize("series", [LOGS, PASSENGERS, WAVE], ids=["logarithms", "passengers", "sine"])
@pytest.mark.parametrize("order", [AIRLINE_MODEL, arima.Order(2, 12), arima.Order(2, 1)])
def test_rounding_of_the_input_moves_no_forecast_of_arima(order, series):
    generator = np.random.default_rng(0)
    fit = arima._fit(order)
    forecast = fit(series, 12)(NONE)
    for _ in range(3):
        moved = series * (1 + 1e-12 * generator.uniform(-1, 1, len(series)))
        np.testing.assert_allclose(fit(moved, 12)(NONE), forecast, rtol=0, atol=1e-6 * np.abs(series).max())


def test_a_noise_free_sine_has_no_error():
    # the data that SARIMA by gradients scored 0.467 and 0.473 on: no noise, so the likelihood has no bound
    for method, settings in ((autoregression, "AR(2)"), (arima, "(2,1,1)")):
        forecast = named(method.candidates(1, 1), settings).fit(WAVE[:50], 5)(NONE)
        np.testing.assert_allclose(forecast, WAVE[50:55], atol=1e-6)
