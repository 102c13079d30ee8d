"""What frozen layers compute of each row: the same in every epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqops.core.array_cache import ArrayCache
from seqops.core.ragged import Split

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class FrozenFeatures:
    """How the upper layers of a model are trained on what its frozen layers compute once.

    upper: the upper layers as a model that shares variables and optimizer with the whole; encode: adds the
    features to rows, so that the network gives batches of them to `upper`.
    """

    upper: keras.Model
    encode: Callable[[Split, ArrayCache], Split]
