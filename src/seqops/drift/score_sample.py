"""The score of a sample of rows with its standard errors: what a drift reference keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from seqops.core.score import Score
from seqops.metrics.influence import influences
from seqops.metrics.intervals import error_over_units, limits_of_few
from seqops.metrics.rounding import rounded
from seqops.metrics.units import counting, too_few

Floats = npt.NDArray[np.float64]
ONE_SIDED = 1.645
"""Distance of a one-sided 95 % limit in standard errors. Two-sided limits of a share that few units decide
are divided by it as well: further out, they widen more than those of a normal distribution."""
FAR = 2.33
"""Distance of a one-sided 99 % limit in standard errors, at which skewness is allowed for."""


@dataclass(frozen=True)
class ScoreSample:
    """The score over all rows of a sample.

    below, above: standard error of a smaller and of a larger true score; freedom: its degrees of freedom;
    rows: number of rows that have something to score; untested: why the score cannot be tested, in which
    case there are no errors, and no value if it is undefined.
    """

    value: float | None
    below: float | None
    above: float | None
    freedom: int
    rows: int
    untested: str = ""

    @classmethod
    def of(cls, score: Score) -> Self:
        """Estimate the errors of a score from the influences of its units.

        Independent units: standard error, larger on the side of a long tail, as of a limit that allows for
        skewness (Johnson 1978); dependent ones: long-run variance. A bounded score that few units keep from
        its limit has the limits of a share, if they are wider. Units with nothing to score, such as
        a sentence without true and predicted entities, are no units.
        """
        rows, units, value = int(counting(score.statistics).sum()), score.by_unit(), score.point()
        if score.block == 1:
            units = units[counting(units)]
        known = float(value) if np.isfinite(value) and rows else None
        reason = score.without_interval() or too_few(score, units)
        if reason or known is None:
            return cls(rounded(known), None, None, 0, rows, reason or "undefined")
        centred = influences(score.value, units)
        error, freedom = error_over_units(score, centred)
        low, high = limits_of_few(score, known, units, centred, error) or (known, known)
        longer = 0.0 if score.block > 1 else _skewness(centred) * (1 + 2 * FAR**2) / (6 * FAR)
        below = max(error * (1 + max(-longer, 0.0)), (known - low) / ONE_SIDED)
        above = max(error * (1 + max(longer, 0.0)), (high - known) / ONE_SIDED)
        return cls(rounded(known), rounded(below), rounded(above), freedom, rows)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Rebuild a sample from what `to_json` returned."""
        return cls(*(stored[name] for name in cls.__dataclass_fields__))


def _skewness(centred: Floats) -> float:
    """Return the skewness of the sum of independent influences: (units,)."""
    spread = float(np.square(centred).sum()) ** 1.5
    return float((centred**3).sum()) / spread if spread > 0 else 0.0
