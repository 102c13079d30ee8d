"""The features of pictures in a frozen backbone, computed once and kept by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from seqops.core.array_cache import ArrayCache
from seqops.core.frozen_features import FrozenFeatures
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.tasks.images.data.encoding import standardised

FEATURES = "features"
"""Column of a split: (n, F)."""
ROWS, PIXELS = 256, 256 * 64 * 64
"""Pictures of one prediction batch, and their pixels, at most."""


@dataclass(frozen=True)
class FeatureEncoder:
    """Computes the features of a model's backbone."""

    model: keras.Model
    meta: Meta

    def encode(self, split: Split, cache: ArrayCache) -> Split:
        """Add the features of the pictures, read from the cache if they were computed before."""
        found = cache.get(self._key(split), lambda: {FEATURES: self._computed(split)})
        return Split({**split.columns, FEATURES: found[FEATURES]})

    def _key(self, split: Split) -> dict[str, object]:
        """Name all that the features depend on."""
        backbone, digest = self.model.get_layer("backbone"), hashlib.sha256()
        for variable in backbone.weights:
            digest.update(variable.numpy().tobytes())
        pictures = hashlib.sha256()
        for row in range(len(split)):
            content = split.ragged("picture")[row].tobytes()
            pictures.update(len(content).to_bytes(8, "little") + content)
        return {
            "network": backbone.chosen,
            "weights": digest.hexdigest(),
            "pictures": pictures.hexdigest(),
            **{name: self.meta[name] for name in ("shape", "mean", "spread")},
        }

    def _computed(self, split: Split) -> npt.NDArray[np.float32]:
        layer = self.model.get_layer("backbone")
        lower = keras.Model(self.model.input, layer.output)
        features = np.zeros((len(split), layer.output.shape[-1]), np.float32)
        for rows in batches(len(split), self.meta):
            pixels = standardised(split.take(rows).ragged("picture"), self.meta)
            features[rows] = lower.predict_on_batch(pixels)
        return features


def batches(count: int, meta: Meta) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the numbers of the pictures of each prediction batch."""
    height, width, _ = meta["shape"]
    size = max(1, min(ROWS, PIXELS // (height * width)))
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def frozen_features(model: keras.Model, meta: Meta) -> FrozenFeatures:
    """Return how the head of a model is trained on the features of its backbone, which is frozen."""
    features = keras.Input(model.get_layer("backbone").output.shape[1:], name=FEATURES)
    upper = keras.Model(features, model.get_layer("head")(features))
    upper.compile(model.optimizer, model.loss, jit_compile=False)
    return FrozenFeatures(upper, FeatureEncoder(model, meta).encode)
