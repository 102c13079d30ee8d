"""Harmonic regression and climatology: against statsmodels, by hand, and where they are used."""

import numpy as np
import pytest
from series import table, task
from statsmodels.tsa.statespace.sarimax import SARIMAX

from parts import evaluation_of
from seqops.tasks.forecast.model.classical import choice, climatology, harmonic_arima
from seqops.tasks.forecast.model.classical.catalog import methods
from seqops.tasks.forecast.model.classical.harmonic_arima import HarmonicArima, corrected_aic, fourier_terms

STEPS = np.arange(400.0)
NONE = np.zeros(0)


def noisy(seasons, seed=0):
    generator = np.random.default_rng(seed)
    waves = sum(5 * np.sin(2 * np.pi * STEPS / season) for season in seasons)
    return 50 + waves + np.cumsum(0.2 * generator.normal(size=400)) + generator.normal(size=400)


def names(season, seasons=()):
    return {method.name for method in methods(season, seasons)}


def test_a_long_season_replaces_the_methods_of_short_ones():
    short = names(12)
    assert {"ets", "sarima"} < short
    assert short.isdisjoint({"harmonic-arima", "climatology"})
    assert names(63) == short - {"ets", "sarima"} | {"harmonic-arima", "climatology"}
    assert names(7, (7.0, 365.25)) == short | {"harmonic-arima", "climatology"}
    assert names(12, (12.0,)) == short


def test_the_regression_and_its_forecast_are_those_of_statsmodels():
    series = noisy([50])[:300]
    fitted = HarmonicArima.fit(series, (50.0,))
    terms = fourier_terms(np.arange(320.0), (50.0,), fitted.orders)
    theirs = SARIMAX(np.diff(series), exog=np.diff(terms[:300], axis=0), order=(0, 0, 1)).fit(disp=False)
    np.testing.assert_allclose([*fitted.coefficients, fitted.theta], theirs.params[:-1], atol=5e-3)
    exact = SARIMAX(series, exog=terms[:300], order=(0, 1, 1)).filter(
        [*fitted.coefficients, fitted.theta, theirs.params[-1]]
    )
    np.testing.assert_allclose(fitted.forecast(series, 20), exact.forecast(20, exog=terms[300:]), rtol=1e-6)


def test_aicc_by_hand():
    # 10 + 2 x 3 + 2 x 3 x 4 / (20 - 3 - 1)
    assert corrected_aic(10.0, 20, 3) == pytest.approx(17.5)
    assert corrected_aic(10.0, 4, 3) == np.inf


def test_harmonics_are_taken_where_there_is_a_season():
    fitted = HarmonicArima.fit(noisy([63, 7]), (7.0, 63.0, 30.0))
    assert fitted.orders[0] >= 1
    assert fitted.orders[1] >= 1
    assert fitted.orders[2] == 0
    assert HarmonicArima.fit(noisy([63])[:100], (63.0,)).orders == (0,)  # fewer than two seasons


def test_a_fitted_regression_rolls_on_with_its_phase():
    candidate = harmonic_arima.candidates([63.0])[0]
    wave = np.round(50 + 5 * np.sin(2 * np.pi * STEPS / 63), 10)
    forecaster = candidate.fit(wave[:200], 10)
    np.testing.assert_allclose(forecaster(NONE), wave[200:210], atol=1e-4)
    np.testing.assert_allclose(forecaster(wave[200:217]), wave[217:227], atol=1e-4)


def test_rounding_of_the_input_moves_no_forecast():
    generator, fit = np.random.default_rng(0), harmonic_arima.candidates([63.0])[0].fit
    series = noisy([63])
    expected = fit(series, 12)(NONE)
    for _ in range(3):
        moved = series * (1 + 1e-12 * generator.uniform(-1, 1, len(series)))
        np.testing.assert_allclose(fit(moved, 12)(NONE), expected, rtol=0, atol=1e-6 * series.max())


def test_climatology_by_hand():
    past = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    assert climatology.climatology(past, 5, 4, 0).tolist() == [3, 4, 5, 6, 3]
    # three rows around each place of the season
    assert climatology.climatology(past, 1, 4, 1)[0] == np.mean([1, 2, 4, 5, 6, 8])


def test_climatology_follows_a_fractional_season():
    wave = np.cos(2 * np.pi * STEPS / 12.5)
    found = climatology.climatology(wave[:300], 100, 12.5, 0)
    # a mean over half a row to each side moves a wave by less than its steepest half row
    assert np.abs(found - wave[300:]).max() < np.pi / 12.5


def test_the_methods_of_a_long_season_forecast_every_test_row(tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "ORIGINS", 2)
    data = task(season=30, window=8, origin_step=3)
    splits, meta = data.split_and_encode(table(tmp_path, noisy([30])[:150]))
    found = {b.name: b for b in evaluation_of(data).baselines(splits, meta)}
    for name in ("harmonic-arima", "climatology"):
        assert found[name].failure == ""
        assert len(found[name].predicted) == 2
    assert found["harmonic-arima"].settings.startswith("harmonics of 30 by AICc, (0,1,1) errors")
    assert found["climatology"].settings.startswith("means over")
