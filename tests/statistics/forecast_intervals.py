"""Simulated backtests: series of a known kind, forecasts by a fitted method, and the widths of intervals."""

from dataclasses import dataclass

import numpy as np

from seqops.tasks.forecast.model.conformal import PastErrors, half_widths

TRAINING = 84
NOMINAL = np.array([0.80, 0.95])


def autoregressive(generator, rows):
    """AR(1) with coefficient 0.8."""
    noise, series = generator.normal(size=rows + 50), np.zeros(rows + 50)
    for t in range(1, rows + 50):
        series[t] = 0.8 * series[t - 1] + noise[t]
    return series[50:]


def seasonal(generator, rows):
    """A local level with a trend, a fixed season of 12, and noise."""
    level = np.cumsum(generator.normal(size=rows) * 0.3) + 0.05 * np.arange(rows)
    return np.resize(3 * generator.normal(size=12), rows) + level + generator.normal(size=rows)


def random_walk(generator, rows):
    """A random walk."""
    return np.cumsum(generator.normal(size=rows))


def growing(generator, rows):
    """White noise whose deviation grows by 2 % a row."""
    return generator.normal(size=rows) * 1.02 ** np.arange(rows)


def forecast_last(past, steps):
    """Repeat the last value."""
    return np.full(steps, past[-1])


def forecast_mean(past, steps):
    """Repeat the mean of the past."""
    return np.full(steps, past.mean())


def forecast_autoregressive(past, steps):
    """Fit the coefficient to the past."""
    mean = past.mean()
    x = past - mean
    return mean + x[-1] * (x[1:] @ x[:-1] / (x[:-1] @ x[:-1])) ** np.arange(1, steps + 1)


def forecast_seasonal(past, steps):
    """Repeat the last season plus the drift over the whole past."""
    slope = (past[-1] - past[0]) / (len(past) - 1)
    return np.resize(past[-12:], steps) + 12 * slope * np.ceil(np.arange(1, steps + 1) / 12)


@dataclass(frozen=True)
class Backtest:
    """The shape of a backtest: validation rows, test rows, and steps of each forecast."""

    kind: str
    validation: int
    test: int
    steps: int

    def errors(self, generator):
        """Return the errors from every validation and test origin: (validation + test, steps)."""
        draw, forecast = KINDS[self.kind]
        rows = TRAINING + self.validation + self.test
        series = draw(generator, rows)
        found = np.full((self.validation + self.test, self.steps), np.nan)
        for i, origin in enumerate(range(TRAINING, rows)):
            truth = series[origin : origin + self.steps]
            found[i, : len(truth)] = truth - forecast(series[:origin], self.steps)[: len(truth)]
        return found

    def covered(self, generator):
        """Return the share of test values in the 80 and 95 % intervals: saved (2,), updated (2,)."""
        errors = self.errors(generator)[:, :, None]
        first = self.validation
        saved = PastErrors.of_series(
            np.where(self._known(), errors[:first], np.nan), np.arange(first)
        ).latest()
        since = PastErrors.of_series(errors[first:], np.arange(self.test))
        sizes = np.abs(errors[first:])
        fixed = np.broadcast_to(half_widths(saved, NOMINAL), (self.test, 2, self.steps, 1))
        rolling = np.stack(
            [half_widths(saved.followed_by(since.until(t), t), NOMINAL) for t in range(self.test)]
        )
        return tuple(_share(sizes, widths) for widths in (fixed, rolling))

    def _known(self):
        """Return which errors are known at the end of the validation rows: (validation, steps, 1)."""
        ends = np.arange(self.validation)[:, None] + np.arange(1, self.steps + 1)
        return (ends <= self.validation)[:, :, None]


def _share(sizes, widths):
    known = np.isfinite(sizes)
    return np.array([(sizes <= widths[:, level])[known].mean() for level in (0, 1)])


KINDS = {
    "AR(1)": (autoregressive, forecast_autoregressive),
    "seasonal": (seasonal, forecast_seasonal),
    "random walk": (random_walk, forecast_last),
    "growing": (growing, forecast_mean),
}
CASES = {
    "AR(1): 24 validation rows, 36 test rows, 12 steps": Backtest("AR(1)", 24, 36, 12),
    "seasonal: 24 validation rows, 36 test rows, 12 steps": Backtest("seasonal", 24, 36, 12),
    "AR(1): 12 validation rows, 48 test rows, 1 step": Backtest("AR(1)", 12, 48, 1),
    "seasonal: 12 validation rows, 48 test rows, 1 step": Backtest("seasonal", 12, 48, 1),
    "AR(1): 40 validation rows, 90 test rows, 1 step": Backtest("AR(1)", 40, 90, 1),
}

HARD = {
    "random walk: 24 validation rows, 36 test rows, 12 steps": Backtest("random walk", 24, 36, 12),
    "random walk: 24 validation rows, 36 test rows, 36 steps": Backtest("random walk", 24, 36, 36),
    "errors + 2 % a row: 24 validation rows, 36 test rows, 12 steps": Backtest("growing", 24, 36, 12),
}
"""Backtests whose intervals are, or may be, too narrow: for the documentation, without a band."""


def coverage(case, count):
    """Return the coverage of `count` backtests, and its standard error: saved and updated, each (2,)."""
    generator = np.random.default_rng(0)
    found = np.array([{**CASES, **HARD}[case].covered(generator) for _ in range(count)])
    return found.mean(axis=0), found.std(axis=0) / np.sqrt(count)
