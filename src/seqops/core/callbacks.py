"""What a fit tells those who look on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

GOAL = "goal"
"""What the epochs learn whose validation scores compare with those of other fits."""


@dataclass(frozen=True)
class EpochResult:
    """What one epoch came to; the deterministic part of the history.

    validation: the score of what was learnt: the goal's, or the pretext's.
    """

    epoch: int
    loss: float
    learning_rate: float
    validation: float
    stage: int = 0
    learns: str = GOAL


class FitCallback(Protocol):
    """Who looks on while a model trains."""

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """See one batch done; tokens: length units in it."""

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """See one epoch done."""


class NullCallback:
    """A watcher that looks away."""

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Ignore it."""

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Ignore it."""
