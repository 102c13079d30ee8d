"""Callbacks of the training loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

GOAL = "goal"
"""The objective of epochs whose validation scores are comparable with those of other fits."""


@dataclass(frozen=True)
class EpochResult:
    """The result of one epoch; the deterministic part of the history.

    validation: the score of the objective, which is `goal` or `pretext`.
    """

    epoch: int
    loss: float
    learning_rate: float
    validation: float
    stage: int = 0
    objective: str = GOAL


class FitCallback(Protocol):
    """Receives the progress of a fit."""

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Receive the result of one batch; tokens: the number of length units in it."""

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Receive the result of one epoch; tokens: the number of length units in it."""


class NullCallback:
    """A callback that does nothing."""

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Do nothing."""

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Do nothing."""
