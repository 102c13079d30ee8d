"""Fits of a method to one series: settings chosen on validation rows, then fitted again at each origin."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from threadpoolctl import threadpool_limits

from seqops.core.interfaces import Meta
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.data.seasonality import shows_season
from seqops.tasks.forecast.model.classical.choice import FIT_ERRORS, ValidationPath, without_gaps
from seqops.tasks.forecast.model.classical.methods import Candidate, Floats, Forecaster, Method
from seqops.tasks.forecast.model.classical.naive_methods import naive, unfitted


def seasonal(paths: Sequence[ValidationPath], season: int) -> bool:
    """Return whether every series shows the season before its validation rows."""
    return all(shows_season(without_gaps(path.past), season) for path in paths)


def candidates_of(method: Method, season: bool, meta: Meta) -> list[Candidate]:
    """Return the candidates of a method, with the season of the data or without one."""
    return method.candidates(meta["season"] if season else 1, meta["horizon"])


def plain_scale(meta: Meta) -> Scale:
    """Return a scale that changes nothing, for forecasts that have no logarithm."""
    columns = len(meta["values"])
    return Scale(False, (0.0,) * columns, (1.0,) * columns)


def held_forecasts(candidates: Sequence[Candidate], paths: Sequence[ValidationPath], horizon: int) -> Floats:
    """Forecast every validation row by the best candidate, fitted before the first one: (n, H).

    A series that it cannot be fitted to is NaN.
    """
    rows: list[Floats] = []
    for path in paths:
        try:
            forecaster = fitted(path.known(0)[0], candidates, horizon)[1]
            rows += [forecaster(path.known(known)[1]) for known in range(len(path.rows))]
        except FIT_ERRORS:
            rows += [np.full(horizon, np.nan)] * len(path.rows)
    return np.stack(rows)


def forecast(past: Floats, candidates: Sequence[Candidate], horizon: int) -> tuple[str, Floats]:
    """Forecast by the best-ranked candidate that the history admits; return its settings and (H,).

    Raises ValueError if there is none, or if the forecast is not finite.
    """
    settings, forecaster = fitted(past.astype(np.float64), candidates, horizon)
    forecast = forecaster(np.zeros(0))
    if not np.isfinite(forecast).all():
        raise ValueError(f"{settings}: the forecast is not finite")
    return settings, forecast


def fitted(past: Floats, candidates: Sequence[Candidate], horizon: int) -> tuple[str, Forecaster]:
    """Fit the best-ranked candidate that the history admits; a constant history is repeated.

    Raises ValueError if there is none.
    """
    if np.ptp(past) == 0:
        return "", unfitted(naive)[0].fit(past, horizon)
    candidate = next((c for c in candidates if c.fits(past)), None)
    if candidate is None:
        raise ValueError(f"no setting can be fitted to a history of {len(past)} rows")
    return candidate.settings, candidate.fit(past, horizon)


@contextmanager
def quiet_single_thread() -> Iterator[None]:
    """Silence warnings of fits, and use one thread: the matrices are too small for a second to help."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), threadpool_limits(1):
        warnings.simplefilter("ignore")
        yield
