"""A forecasting method: candidates that differ in their settings, of which validation rows choose one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seqops.tasks.forecast.data.model_settings import SingleKind

Floats = npt.NDArray[np.float64]

Forecaster = Callable[[Floats], Floats]
"""A fitted method: the rows since the fit (k,), which may be none, to the forecast of the next steps (H,)."""


def any_history(past: Floats) -> bool:
    """Admit every history."""
    return True


@dataclass(frozen=True)
class Candidate:
    """One way to run a method.

    settings: in words; fit: from a history (T,) and a horizon H to a forecaster; min_rows: the shortest
    history it can be fitted to; admits: what else it needs of a history, such as values above 0.
    """

    settings: str
    fit: Callable[[Floats, int], Forecaster]
    min_rows: int = 1
    admits: Callable[[Floats], bool] = any_history

    def fits(self, past: Floats) -> bool:
        """Return whether this candidate can be fitted to a history (T,)."""
        return len(past) >= self.min_rows and self.admits(past)


@dataclass(frozen=True)
class Method:
    """A named method.

    candidates: by the length of the season, 1 where the series shows none, and the horizon; model_kind: the
    `model.kind` by which it is the model of the task, if it may be.
    """

    name: str
    kind: Literal["trivial", "classical"]
    candidates: Callable[[int, int], list[Candidate]]
    model_kind: SingleKind | None = None
