"""Checkpoints, from which a fit resumes after a kill."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from seqops.core.adapter import Adapter
from seqops.core.array_cache import UNREADABLE
from seqops.core.callbacks import EpochResult
from seqops.core.files import atomic_write
from seqops.runtime.console import err
from seqops.training.adapters import kept_variables

Weights = list[npt.NDArray[Any]]


@dataclass
class FitState:
    """The state from which a fit resumes.

    epochs: with the starts; best: weights of the best of them; weights, optimizer: at the end of the last
    epoch; both of the variables that the fit may change; initial: statistics (n, k) of the goal's score of
    the initial model on the validation rows.
    """

    epochs: list[EpochResult] = field(default_factory=list)
    best: Weights = field(default_factory=list)
    weights: Weights = field(default_factory=list)
    optimizer: Weights = field(default_factory=list)
    initial: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def trained(self) -> list[EpochResult]:
        """The epochs, without the starts."""
        return [e for e in self.epochs if e.trained]

    def of_stage(self, number: int) -> list[EpochResult]:
        """List the epochs of one stage, without its start."""
        return [e for e in self.trained if e.stage == number]

    def best_epoch(self, higher_is_better: bool) -> EpochResult:
        """Return the first row with the best score of the latest objective; it may be a start."""
        return best_row(self._comparable(), higher_is_better)

    def best_trained(self, higher_is_better: bool) -> EpochResult:
        """Return the first epoch with the best score of the latest objective."""
        return best_row([e for e in self._comparable() if e.trained], higher_is_better)

    def _comparable(self) -> list[EpochResult]:
        """List the last rows that have one objective; the weights of earlier ones are not kept."""
        first = len(self.epochs)
        while first and self.epochs[first - 1].objective == self.epochs[-1].objective:
            first -= 1
        return self.epochs[first:]


def best_row(rows: list[EpochResult], higher_is_better: bool) -> EpochResult:
    """Return the first of the rows with the best score; an undefined score is the worst."""
    sign = 1.0 if higher_is_better else -1.0
    # of equal scores `max` returns the first
    return max(rows, key=lambda e: (not math.isnan(e.validation), sign * e.validation))


def weights_of(model: keras.Model, adapter: Adapter) -> Weights:
    """Copy the variables that a fit may change."""
    return [variable.numpy() for variable in kept_variables(model, adapter)]


def set_weights(model: keras.Model, weights: Weights, adapter: Adapter) -> None:
    """Set the variables that a fit may change."""
    for variable, value in zip(kept_variables(model, adapter), weights, strict=True):
        variable.assign(value)


def save_checkpoint(path: Path, model: keras.Model, progress: FitState, adapter: Adapter) -> None:
    """Write the state of a fit, atomically."""
    epochs = json.dumps([e.__dict__ for e in progress.epochs])
    arrays = {
        **_numbered("weight", weights_of(model, adapter)),
        **_numbered("best", progress.best),
        **_numbered("optimizer", [v.numpy() for v in model.optimizer.variables]),
        "epochs": np.frombuffer(epochs.encode(), np.uint8),
        "initial": progress.initial,
    }
    with atomic_write(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def read_checkpoint(path: Path | None) -> FitState:
    """Read the state of a fit; a new one if there is none, or a damaged one, which is set aside."""
    if path is None or not path.exists():
        return FitState()
    try:
        return _read(path)
    except UNREADABLE as error:
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        line = f"The checkpoint {path} is not readable ({reason}). It is now {aside.name}."
        err.print(f"{line} Training begins again.", markup=False, highlight=False)
        return FitState()


def _read(path: Path) -> FitState:
    with np.load(path, allow_pickle=False) as arrays:
        epochs = TypeAdapter(list[EpochResult]).validate_json(arrays["epochs"].tobytes(), strict=True)
        best, weights, optimizer = (_ordered(arrays, name) for name in ("best", "weight", "optimizer"))
        initial = arrays["initial"]
        # a second fit keeps neither the initial scores nor the best weights
        if not (epochs and weights and optimizer and (best or not initial.size)):
            raise ValueError("it is incomplete")
        return FitState(epochs, best, weights, optimizer, initial)


def restore(model: keras.Model, progress: FitState, adapter: Adapter) -> None:
    """Restore weights and optimizer."""
    set_weights(model, progress.weights, adapter)
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.optimizer.variables, progress.optimizer, strict=True):
        variable.assign(value)


def _numbered(name: str, arrays: Weights) -> dict[str, npt.NDArray[Any]]:
    return {f"{name}.{i}": a for i, a in enumerate(arrays)}


def _ordered(arrays: Any, name: str) -> Weights:
    count = sum(key.startswith(f"{name}.") for key in arrays.files)
    return [arrays[f"{name}.{i}"] for i in range(count)]
