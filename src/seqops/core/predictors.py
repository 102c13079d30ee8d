"""What every kind of model has in common, and the kind that is fitted as a whole, without a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from seqops.core.arrays_io import read_arrays, write_arrays
from seqops.core.errors import SeqopsError
from seqops.core.ragged import Array, Split
from seqops.core.records import Ablation

if TYPE_CHECKING:
    from seqops.core.interfaces import Meta, Metrics


class Predictor(ABC):
    """A model of a task: how it is kept in a file, and how it predicts.

    A fitted model is a `keras.Model`, or what `ClassicalModel.fit` or `Mixture.mix` returns.
    """

    @abstractmethod
    def save(self, model: Any, weights: Path) -> None:
        """Write a fitted model to a weights file: equal bytes for equal models."""

    @abstractmethod
    def load(self, weights: Path, meta: Meta) -> Any:
        """Return the fitted model of a weights file."""

    @abstractmethod
    def predict(self, model: Any, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict every example: one row each, with the columns that `Metrics.score` reads."""

    def backtest(self, model: Any, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict test rows in order; what is known of earlier ones by then may adjust the uncertainty."""
        return self.predict(model, split, meta)

    def ablations(self, model: Any, splits: Mapping[str, Split], meta: Meta) -> Sequence[Ablation]:
        """Predict the test rows as in `backtest`, without a part that might add nothing to the others."""
        return []

    def validate(self, model: Any, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict validation rows; cheaper than `predict` if decoding is expensive."""
        return self.predict(model, split, meta)

    def registered_weights(self, weights: Path, test: Split, meta: Meta, folder: Path) -> Path:
        """Return the weights to register: those given, or a file in the folder that test rows calibrated."""
        return weights

    def generated_samples(self, model: Any, meta: Meta) -> pd.DataFrame:
        """Generate samples from the model for the report; a table without columns: none."""
        return pd.DataFrame()

    def stream(self, model: Any, split: Split, meta: Meta) -> Iterator[str]:
        """Stream the response to one request. Raises SeqopsError if the model cannot stream."""
        raise SeqopsError("this model cannot stream its output. Use `seqops predict`.")


class ClassicalModel(Predictor):
    """A model that is fitted as a whole, without epochs; its weights file holds named arrays."""

    @abstractmethod
    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> Any:
        """Fit to the training rows; its settings are chosen by the goal on the validation rows.

        Equal rows give equal models: there is no seed.
        """

    @abstractmethod
    def to_arrays(self, model: Any) -> Mapping[str, Array]:
        """Return all that a fitted model is, as arrays of numbers by name."""

    @abstractmethod
    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> Any:
        """Return the fitted model of the arrays."""

    def save(self, model: Any, weights: Path) -> None:
        """Write the arrays of a fitted model to an HDF5 file."""
        write_arrays(weights, self.to_arrays(model))

    def load(self, weights: Path, meta: Meta) -> Any:
        """Return the fitted model of an HDF5 file."""
        return self.from_arrays(read_arrays(weights), meta)
