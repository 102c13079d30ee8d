"""A network and a classical model that predict together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seqops.core.arrays_io import read_arrays, write_arrays
from seqops.core.predictors import ClassicalModel, Predictor
from seqops.core.ragged import Array, Split
from seqops.core.records import Ablation

if TYPE_CHECKING:
    from seqops.core.interfaces import Meta, Metrics, Network

Floats = npt.NDArray[np.float64]

NETWORK, CLASSICAL, WEIGHTS = "network.", "classical.", "weights"
"""Names of the arrays of a weights file, or their prefixes."""


@dataclass(frozen=True)
class FittedMixture:
    """A fitted mixture: both its parts, and the weights of the network among them, in [0, 1]."""

    network: Any
    classical: Any
    weights: Array

    def count_params(self) -> int:
        """Count the parameters of the network."""
        return int(self.network.count_params())


def likeliest_factors(nats: Callable[[Floats], float]) -> Floats:
    """Return the factors of two parts, at least 0, with the lowest cross-entropy of held-out rows: (2,).

    nats: the mean cross-entropy as a function of the factors, which is convex. Each part has its own, as one
    may be surer than it is right.
    """
    from scipy.optimize import minimize

    found: Floats = minimize(nats, [0.5, 0.5], method="L-BFGS-B", bounds=[(0.0, None)] * 2).x
    return found


@dataclass(frozen=True)
class Mixture(Predictor):
    """A network and a classical model, each fitted by itself; validation rows choose the weights.

    At weight 1 it predicts as the network, at weight 0 as the classical model.
    """

    network: Network
    classical: ClassicalModel

    @abstractmethod
    def choose_weights(self, model: FittedMixture, metrics: Metrics, validation: Split, meta: Meta) -> Array:
        """Return the weights that are best on the validation rows, whatever those of the model are."""

    def check(self, meta: Meta) -> None:
        """Raise ConfigError for an encoding that the two cannot share."""
        return

    def mix(self, network: Any, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> FittedMixture:
        """Fit the classical model beside a trained network, and then the weights."""
        both = FittedMixture(network, self.classical.fit(metrics, splits, meta), np.ones(1))
        return replace(both, weights=self.choose_weights(both, metrics, splits["validation"], meta))

    def ablations(self, model: FittedMixture, splits: Mapping[str, Split], meta: Meta) -> Sequence[Ablation]:
        """Predict by each part alone."""
        test = splits["test"]
        network = self.network.predict(model.network, test, meta)
        classical = self.classical.predict(model.classical, test, meta)
        return [
            Ablation("the classical model alone", "the network", classical),
            Ablation("the network alone", "the classical model", network),
        ]

    def save(self, model: FittedMixture, weights: Path) -> None:
        """Write the arrays of both parts, and the weights, to an HDF5 file."""
        network = {f"{NETWORK}{place}": array for place, array in enumerate(model.network.get_weights())}
        parts = self.classical.to_arrays(model.classical)
        classical = {f"{CLASSICAL}{name}": array for name, array in parts.items()}
        write_arrays(weights, {**network, **classical, WEIGHTS: model.weights})

    def load(self, weights: Path, meta: Meta) -> FittedMixture:
        """Return the fitted mixture of an HDF5 file."""
        arrays = read_arrays(weights)
        network = self.network.build(meta)
        network.set_weights([arrays[f"{NETWORK}{place}"] for place in range(len(network.get_weights()))])
        parts = {name.removeprefix(CLASSICAL): a for name, a in arrays.items() if name.startswith(CLASSICAL)}
        return FittedMixture(network, self.classical.from_arrays(parts, meta), arrays[WEIGHTS])
