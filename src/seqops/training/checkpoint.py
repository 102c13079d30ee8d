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

from seqops.core.callbacks import EpochResult
from seqops.core.files import atomic_write

Weights = list[npt.NDArray[Any]]


@dataclass
class FitState:
    """The state from which a fit resumes; weights and optimizer: at the end of the last epoch."""

    epochs: list[EpochResult] = field(default_factory=list)
    best: Weights = field(default_factory=list)
    weights: Weights = field(default_factory=list)
    optimizer: Weights = field(default_factory=list)

    def of_stage(self, number: int) -> list[EpochResult]:
        """List the epochs of one stage."""
        return [e for e in self.epochs if e.stage == number]

    def best_epoch(self, higher_is_better: bool) -> EpochResult:
        """Return the first epoch with the best validation score, among those with the latest objective."""
        sign = 1.0 if higher_is_better else -1.0
        comparable = [e for e in self.epochs if e.objective == self.epochs[-1].objective]
        # an undefined score is the worst
        return max(comparable, key=lambda e: (not math.isnan(e.validation), sign * e.validation, -e.epoch))


def save_checkpoint(path: Path, model: keras.Model, progress: FitState) -> None:
    """Write the state of a fit, atomically."""
    epochs = json.dumps([e.__dict__ for e in progress.epochs])
    arrays = {
        **_numbered("weight", model.get_weights()),
        **_numbered("best", progress.best),
        **_numbered("optimizer", [v.numpy() for v in model.optimizer.variables]),
        "epochs": np.frombuffer(epochs.encode(), np.uint8),
    }
    with atomic_write(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def read_checkpoint(path: Path) -> FitState:
    """Read the state of a fit."""
    with np.load(path, allow_pickle=False) as arrays:
        epochs = [EpochResult(**e) for e in json.loads(arrays["epochs"].tobytes())]
        return FitState(epochs, *(_ordered(arrays, name) for name in ("best", "weight", "optimizer")))


def restore(model: keras.Model, progress: FitState) -> None:
    """Restore weights and optimizer."""
    model.set_weights(progress.weights)
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.optimizer.variables, progress.optimizer, strict=True):
        variable.assign(value)


def _numbered(name: str, arrays: Weights) -> dict[str, npt.NDArray[Any]]:
    return {f"{name}.{i}": a for i, a in enumerate(arrays)}


def _ordered(arrays: Any, name: str) -> Weights:
    count = sum(key.startswith(f"{name}.") for key in arrays.files)
    return [arrays[f"{name}.{i}"] for i in range(count)]
