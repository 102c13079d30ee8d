"""Bootstrap confidence intervals and paired tests over the examples of the test split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score

Floats = npt.NDArray[np.float64]
CHUNK = 4_000_000  # cells of the weight matrix in memory at a time


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % percentile interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """Round to ten digits, because the last bits of a sum differ between machines."""
        return {"value": rounded(self.value), "low": rounded(self.low), "high": rounded(self.high)}


@dataclass(frozen=True)
class Difference:
    """The improvement of the first system over the second (positive: better), with its 95 % interval.

    p: one-sided p-value, the share of resamples in which it is not better, with one added to both counts.
    """

    value: float
    low: float
    high: float
    p: float

    def to_json(self) -> dict[str, float | None]:
        """Round as `Interval` does."""
        return {
            "value": rounded(self.value),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "p": rounded(self.p),
        }


def rounded(value: float) -> float | None:
    """Round to ten significant digits; None if undefined, because JSON has no NaN."""
    return float(f"{value:.10g}") if np.isfinite(value) else None


def interval(score: Score, resamples: int, seed: int) -> Interval:
    """Bootstrap the 95 % percentile interval of a score (Efron and Tibshirani 1993, section 13.3)."""
    values = _resampled(score, resamples, seed)
    low, high = _percentiles(values)
    return Interval(score.point(), low, high)


def paired(ours: Score, theirs: Score, resamples: int, seed: int) -> Difference:
    """Compare two systems on the same resamples of the same rows (Koehn 2004, section 4).

    Raises ValueError if the two do not score the same rows with the same metric.
    """
    if ours.name != theirs.name or ours.statistics.shape != theirs.statistics.shape:
        raise ValueError(f"not the same rows or metric: {ours.name} and {theirs.name}")
    sign = 1.0 if ours.higher_is_better else -1.0
    differences = sign * (_resampled(ours, resamples, seed) - _resampled(theirs, resamples, seed))
    low, high = _percentiles(differences)
    # with a single block every resample has the same rows, so the test has no power
    single_block = len(ours.statistics) <= ours.block
    p = 1.0 if single_block else (np.count_nonzero(~(differences > 0)) + 1) / (resamples + 1)
    return Difference(sign * (ours.point() - theirs.point()), low, high, float(p))


def _resampled(score: Score, resamples: int, seed: int) -> Floats:
    parts = [
        score.value(weights @ score.statistics)
        for weights in _weights(len(score.statistics), score.block, resamples, seed)
    ]
    return np.concatenate(parts)


def _weights(n: int, block: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield chunks of how often each row is drawn, (chunk, n); blocks wrap around the end (circular)."""
    generator = np.random.default_rng(seed)
    chunk = max(1, CHUNK // max(n, 1))
    size = min(block, n)
    for start in range(0, resamples, chunk):
        count = min(chunk, resamples - start)
        starts = generator.integers(0, n, (count, -(-n // size)))
        rows = ((starts[:, :, None] + np.arange(size)) % n).reshape(count, -1)[:, :n]
        flat = np.bincount((rows + n * np.arange(count)[:, None]).ravel(), minlength=count * n)
        yield flat.reshape(count, n).astype(np.float64)


def _percentiles(values: Floats) -> tuple[float, float]:
    defined: Any = values[np.isfinite(values)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)
