"""The choice of a method's settings on validation rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqops.core.ragged import Split
from seqops.tasks.forecast.data.gaps import filled
from seqops.tasks.forecast.model.classical.methods import Candidate, Floats

ORIGINS = 24
"""Most origins that a setting is judged at; they are evenly spaced."""
MIN_ROWS = 24
"""Rows that a setting is judged on: where there are fewer validation rows, the last training rows as well."""
FINALISTS = 3
"""Candidates that are judged a second time, refitted at each origin as on the test rows."""
FIT_ERRORS = (ValueError, ArithmeticError, np.linalg.LinAlgError)
"""Exceptions that mean that a method could not be fitted to a history."""


def without_gaps(past: Floats) -> Floats:
    """Interpolate the missing values of a history (T,) from that history alone."""
    return filled(past[:, None], "interpolate")[:, 0]


@dataclass(frozen=True)
class ValidationPath:
    """One value column of one series: the history before its validation rows (T,), and those rows (n,).

    Missing rows are NaN: no error is counted there, and methods see them as `without_gaps` fills them.
    """

    past: Floats
    rows: Floats

    def lengthened(self) -> ValidationPath:
        """Add the last training rows up to `MIN_ROWS`; half of all rows or more stay before the first."""
        moved = max(0, min(MIN_ROWS - len(self.rows), (len(self.past) - len(self.rows)) // 2))
        start = len(self.past) - moved
        return ValidationPath(self.past[:start], np.concatenate([self.past[start:], self.rows]))

    def known(self, rows: int) -> tuple[Floats, Floats]:
        """Return the past and the first validation rows as they are known at an origin, without gaps."""
        filled = without_gaps(np.concatenate([self.past, self.rows[:rows]]))
        return filled[: len(self.past)], filled[len(self.past) :]

    def origins(self, horizon: int) -> list[int]:
        """Return the numbers of validation rows known at each origin; all steps are known where possible."""
        last = max(len(self.rows) - horizon, 0)
        return [round(x) for x in np.linspace(0, last, min(last + 1, ORIGINS))]


def validation_paths(validation: Split, column: int) -> list[ValidationPath]:
    """Return the validation rows of each series; those of one series follow each other in the split."""
    history, targets = validation.ragged("history"), validation.plain("targets")
    first = targets[:, 0, column].astype(np.float64)
    starts = np.flatnonzero(np.diff(validation.plain("series"), prepend=-1)).tolist()
    return [
        ValidationPath(history[start][:, column].astype(np.float64), first[start:end])
        for start, end in zip(starts, [*starts[1:], len(validation)], strict=True)
    ]


def ranked(candidates: Sequence[Candidate], paths: Sequence[ValidationPath], horizon: int) -> list[Candidate]:
    """Order candidates by their mean absolute error over the validation origins, best first.

    All are fitted once, before the first origin, and keep their coefficients while the origin rolls on; then
    the finalists are refitted at each origin. Those that cannot be fitted are left out.
    """
    changing = [path.lengthened() for path in paths if np.ptp(path.known(0)[0]) > 0]
    if len(candidates) == 1 or not changing:
        return list(candidates)
    fitted = _sorted(candidates, changing, horizon, held_errors)
    finalists = _sorted(fitted[:FINALISTS], changing, horizon, refitted_errors)
    return [*finalists, *(c for c in fitted[:FINALISTS] if c not in finalists), *fitted[FINALISTS:]]


Errors = Callable[[Candidate, ValidationPath, int], Iterator[Floats]]


def _sorted(
    candidates: Sequence[Candidate], paths: Sequence[ValidationPath], horizon: int, errors_of: Errors
) -> list[Candidate]:
    errors = [_mean_error(candidate, paths, horizon, errors_of) for candidate in candidates]
    return [candidates[i] for i in np.argsort(errors, kind="stable") if np.isfinite(errors[i])]


def _mean_error(
    candidate: Candidate, paths: Sequence[ValidationPath], horizon: int, errors_of: Errors
) -> float:
    """Return the mean absolute error; infinite if the candidate fails anywhere."""
    if not all(candidate.fits(path.known(0)[0]) for path in paths):
        return np.inf
    try:
        errors = np.concatenate([e for path in paths for e in errors_of(candidate, path, horizon)])
    except FIT_ERRORS:
        return np.inf
    return float(errors.mean()) if len(errors) and np.isfinite(errors).all() else np.inf


def held_errors(candidate: Candidate, path: ValidationPath, horizon: int) -> Iterator[Floats]:
    """Yield the absolute errors from each origin of a candidate that is fitted before the first one."""
    forecaster = candidate.fit(path.known(0)[0], horizon)
    for known in path.origins(horizon):
        truth = path.rows[known : known + horizon]
        yield _absolute(forecaster(path.known(known)[1]), truth)


def refitted_errors(candidate: Candidate, path: ValidationPath, horizon: int) -> Iterator[Floats]:
    """Yield the absolute errors from each origin of a candidate that is refitted there."""
    for known in path.origins(horizon):
        truth = path.rows[known : known + horizon]
        past = np.concatenate(path.known(known))
        yield _absolute(candidate.fit(past, horizon)(np.zeros(0)), truth)


def _absolute(forecast: Floats, truth: Floats) -> Floats:
    """Return the absolute errors where the truth is known."""
    observed = np.isfinite(truth)
    return np.asarray(np.abs(forecast[: len(truth)] - truth)[observed], np.float64)
