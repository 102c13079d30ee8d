"""Exponential smoothing: the model with the least AICc of each series (Hyndman et al. 2002)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri
from scipy.stats import qmc

from seqops.metrics.quantile_forecasts import LEVELS
from seqops.tasks.forecast.model.local.ets_states import Kind, Smoothing, States, run
from seqops.tasks.forecast.model.local.initial_states import initial_states
from seqops.tasks.forecast.model.local.nelder_mead import minimize
from seqops.tasks.forecast.model.local.panel import (
    Floats,
    Integers,
    LocalForecast,
    Panel,
    log_of_squares,
    most_common,
)

LONGEST_SEASON = 24
"""Longer seasons have too many states."""
PATHS = 512
"""Simulated paths whose quantiles are the intervals."""
DAMPING = (0.8, 0.98)
MARGIN = 1e-4
"""Least distance of a smoothing coefficient from its bounds."""


@dataclass(frozen=True)
class Form:
    """A model: additive or multiplicative error, trend and season."""

    error: Literal["A", "M"]
    kind: Kind

    @property
    def name(self) -> str:
        """Return the usual notation, such as ETS(M,Ad,M)."""
        return f"ETS({self.error},{self.kind.trend},{self.kind.season})"

    @property
    def searched(self) -> int:
        """Return the number of coefficients and states that are searched."""
        trend = {"N": 0, "A": 2, "Ad": 3}[self.kind.trend]
        return 2 + trend + (self.kind.season != "N")

    def parameters(self, season: int) -> int:
        """Return the number of coefficients, free initial states and the variance."""
        return self.searched + (season - 1 if self.kind.season != "N" else 0) + 1


FORMS = tuple(
    Form(error, Kind(trend, season))
    for error in ("A", "M")
    for season in ("N", "A", "M")
    for trend in ("N", "A", "Ad")
    # its variance is infinite
    if (error, season) != ("A", "M")
)


@dataclass(frozen=True)
class Fit:
    """A model fitted to n series; criterion: AICc, infinite where it could not be fitted."""

    form: Form
    smoothing: Smoothing
    states: States
    deviation: Floats
    criterion: Floats


def ets(panel: Panel) -> LocalForecast:
    """Forecast each series by the model with the least AICc; say which were chosen most often."""
    forms = [form for form in FORMS if form.kind.season == "N" or 1 < panel.season <= LONGEST_SEASON]
    fits = [fit(form, panel) for form in forms]
    criteria = np.stack([found.criterion for found in fits])
    chosen = np.where(np.isfinite(criteria).any(axis=0), criteria.argmin(axis=0), -1)
    found = LocalForecast.empty(len(chosen), panel.horizon)
    for number in sorted(set(chosen[chosen >= 0].tolist())):
        rows = np.flatnonzero(chosen == number)
        found.mean[rows], found.quantiles[rows] = forecast(
            fits[number], rows, len(panel.values), panel.horizon
        )
    used = Counter(forms[number].name for number in chosen if number >= 0)
    return replace(found, settings=most_common(used))


def fit(form: Form, panel: Panel) -> Fit:
    """Search coefficients, level and slope by likelihood; the season starts with its classical indices."""
    initial, scale = initial_states(form.kind, panel)
    lengths = panel.lengths
    parameters = form.parameters(panel.season)

    def prepared(points: Floats, rows: Integers) -> tuple[Smoothing, States]:
        return decode(form.kind, points, initial, scale, rows)

    def loss(points: Floats, rows: Integers) -> Floats:
        part = Panel(panel.values[:, rows], panel.start[rows], panel.season, panel.horizon)
        errors, expected = run(form.kind, part, *prepared(points, rows))
        return _deviance(form, errors, expected, lengths[rows])

    points, deviance = minimize(loss, _start(form, len(lengths)))
    smoothing, states = prepared(points, np.arange(len(lengths)))
    errors, expected = run(form.kind, panel, smoothing, states)
    free = lengths - parameters
    relative = errors / expected if form.error == "M" else errors
    deviation = np.sqrt((relative**2).sum(axis=0) / np.maximum(free + 1, 1))
    possible = (free > 1) & np.isfinite(deviance)
    if form.error == "M" or form.kind.season == "M":
        possible &= np.nanmin(panel.values, axis=0) > 0
    correction = 2 * parameters * lengths / np.maximum(free - 1, 1)
    return Fit(form, smoothing, states, deviation, np.where(possible, deviance + correction, np.inf))


def _deviance(form: Form, errors: Floats, expected: Floats, lengths: Integers) -> Floats:
    """Return minus twice the log-likelihood without constants: (n,)."""
    if form.error == "A":
        return np.asarray(lengths * log_of_squares(errors), np.float64)
    size = np.where((expected > 0).all(axis=0), np.log(np.abs(expected)).sum(axis=0), np.inf)
    return np.asarray(lengths * log_of_squares(errors / expected) + 2 * size, np.float64)


def _start(form: Form, n: int) -> Floats:
    """Return where the search starts: (n, searched)."""
    start = [-1.0]
    if form.kind.trend != "N":
        start.append(-2.0)
    if form.kind.trend == "Ad":
        start.append(1.5)
    if form.kind.season != "N":
        start.append(-2.5)
    return np.tile(np.array(start + [0.0] * (form.searched - len(start))), (n, 1))


def decode(
    kind: Kind, points: Floats, initial: States, scale: Floats, rows: Integers
) -> tuple[Smoothing, States]:
    """Convert points (m, k) of the search to coefficients within their usual bounds and initial states."""
    columns = iter(points.T)
    zero = np.zeros(len(points))
    alpha = MARGIN + (1 - 2 * MARGIN) * expit(next(columns))
    beta = alpha * expit(next(columns)) if kind.trend != "N" else zero
    phi = zero + 1
    if kind.trend == "Ad":
        phi = DAMPING[0] + (DAMPING[1] - DAMPING[0]) * expit(next(columns))
    gamma = (1 - alpha) * expit(next(columns)) if kind.season != "N" else zero
    level = initial.level[rows] + scale[rows] * next(columns)
    slope = initial.slope[rows] + scale[rows] / 10 * next(columns) if kind.trend != "N" else zero
    return Smoothing(alpha, beta, gamma, phi), States(level, slope, initial.seasonal[:, rows].copy())


def forecast(found: Fit, rows: npt.NDArray[np.intp], row: int, horizon: int) -> tuple[Floats, Floats]:
    """Return the path without errors (n, H) and the quantiles of simulated ones of the chosen series.

    row: the number of the first row ahead. All series have the same shocks.
    """
    smoothing = found.smoothing.of(rows)
    states = States(found.states.level[rows], found.states.slope[rows], found.states.seasonal[:, rows])
    paths = _simulate(found.form, smoothing, states, found.deviation[rows], row, _shocks(horizon))
    # the last path has no shocks
    quantiles = np.quantile(paths[:, :-1], LEVELS, axis=1).transpose(1, 2, 0)
    return paths[:, -1], quantiles


def _shocks(horizon: int) -> Floats:
    """Return standard normal shocks that fill the space evenly, and none in the last path: (paths + 1, H)."""
    uniform = qmc.Sobol(horizon, rng=0).random(PATHS)
    return np.vstack([ndtri(uniform), np.zeros(horizon)])


def _simulate(
    form: Form, smoothing: Smoothing, states: States, deviation: Floats, row: int, shocks: Floats
) -> Floats:
    """Return paths (n, paths, H) of errors with these deviations (n,)."""
    each, ahead, all_of = smoothing.for_paths(), states.for_paths(len(shocks)), slice(None)
    paths = np.empty((len(deviation), *shocks.shape))
    for step, shock in enumerate(shocks.T):
        base = form.kind.base(ahead, each, all_of)
        expected = form.kind.expected(base, ahead.seasonal[(row + step) % len(ahead.seasonal)])
        error = deviation[:, None] * shock * (expected if form.error == "M" else 1.0)
        paths[..., step] = expected + error
        form.kind.update(ahead, each, row + step, all_of, base, error)
    return paths
