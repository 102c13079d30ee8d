"""The LSTM of params.yaml with `auto` lengths learns series of other lengths and frequencies."""

import numpy as np
import pandas as pd
import pytest
from series import automatic, write_csv

from seqops.training.loop import train

WEEK = np.array([0, 1, 2, 1, 0, -2, -2])
QUARTERS = np.array([1.0, -1.0, 0.5, -0.5])


def months_with_trend_and_season(i, noise):
    return (100 + 1.2 * i) * (1 + 0.2 * np.sin(i * np.pi / 6) + 0.1 * np.cos(i * np.pi / 3)) + 4 * noise


def months_that_return_to_their_mean(i, noise):
    return 200 + 10 * np.convolve(noise, 0.7 ** np.arange(len(i)))[: len(i)]


def days_of_a_week(i, noise):
    return 500 + 0.1 * i + 60 * WEEK[i % 7] + 25 * noise


def quarters_with_trend_and_season(i, noise):
    return (50 + 0.8 * i) * (1 + 0.15 * QUARTERS[i % 4]) + 2 * noise


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "rows", "period"),
    [
        (months_with_trend_and_season, 105, "M"),
        (months_that_return_to_their_mean, 108, "M"),
        (days_of_a_week, 400, "D"),
        (quarters_with_trend_and_season, 60, "Q"),
    ],
)
def test_the_lstm_is_better_than_the_naive_forecast(tmp_path, values, rows, period):
    task = automatic()
    figures = values(np.arange(rows), np.random.default_rng(7).normal(size=rows))
    dates = pd.period_range("2010-01-01", periods=rows, freq=period)
    lines = [f"{date},{figure:.4f}" for date, figure in zip(dates, figures, strict=True)]
    splits, meta = task.data.split_and_encode(task.data.read([write_csv(tmp_path, lines)]))
    fitted = train(task.network(), task.metrics(), splits, meta, task.fit_config)
    ours = task.network().backtest(fitted.model, splits["test"], meta)
    history = splits["test"].ragged("history")
    last = pd.DataFrame({"mean": [[history[i][-1, 0]] * meta["horizon"] for i in range(len(history))]})
    assert mase(task, ours, splits, meta) < mase(task, last, splits, meta)
    assert fitted.best_epoch.trained


def mase(task, predicted, splits, meta):
    scores = task.metrics().score(predicted, splits["test"], meta)
    return next(score.point() for score in scores if score.name == "backtest_mase")
