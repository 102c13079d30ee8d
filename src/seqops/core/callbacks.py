"""Callbacks of the training loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

GOAL = "goal"
"""The objective of epochs whose validation scores are comparable with those of other fits."""
MIXTURE = "mixture"
"""The objective of the last row of a mixture: the goal, scored with the network and the classical model."""


@dataclass(frozen=True)
class EpochResult:
    """The result of one epoch, or the score at a start; the deterministic part of the history.

    epoch: epochs trained so far, so 0 is the initial model; loss, learning_rate: None at a start, where
    nothing was trained; validation: the score of the objective, which is `goal`, `pretext` or
    `mixture`; averaged: the average of the weights (`fit.ema`) was scored, not the weights
    themselves.
    """

    epoch: int
    loss: float | None
    learning_rate: float | None
    validation: float
    stage: int = 0
    objective: str = GOAL
    averaged: bool = False

    @property
    def trained(self) -> bool:
        """Return whether the row is an epoch, not the start of a fit or of a stage."""
        return self.loss is not None


@dataclass(frozen=True)
class WholeFit(EpochResult):
    """The result of a model that is fitted as a whole, by no gradient step: it has no loss, and no start."""

    @property
    def trained(self) -> bool:
        """Return that it is not a start."""
        return True


class FitCallback(Protocol):
    """Receives the progress of a fit."""

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Receive the result of one batch; epoch: from 1; tokens: the number of length units in it."""

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Receive the result of one epoch, or of a start; tokens: the number of length units in it."""


class NullCallback:
    """A callback that does nothing."""

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Do nothing."""

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Do nothing."""
