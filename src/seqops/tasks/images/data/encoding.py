"""Encoded pictures as arrays of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.tasks.images.data.pictures import Picture, Pixels


def stored(pictures: Sequence[bytes]) -> Ragged:
    """Return encoded pictures as rows of bytes."""
    return Ragged.from_rows([np.frombuffer(each, np.uint8) for each in pictures], np.uint8)


def labelled(split: Split) -> Split:
    """Return the pictures of the labels that are predicted, without those of `data.pretext_labels`."""
    known = split.plain("label") >= 0
    return split if known.all() else split.take(np.flatnonzero(known))


def pixels_of(pictures: Ragged, shape: Sequence[int]) -> Pixels:
    """Decode pictures to one size: (n, H, W, C)."""
    height, width, channels = shape
    pixels = np.zeros((len(pictures), height, width, channels), np.uint8)
    for row in range(len(pictures)):
        pixels[row] = Picture.decode(pictures[row].tobytes()).pixels(height, width, channels)
    return pixels


def standardised(pictures: Ragged, meta: Meta) -> npt.NDArray[np.float32]:
    """Decode pictures, and scale them by mean and spread of the training pictures: (n, H, W, C)."""
    pixels = pixels_of(pictures, meta["shape"]).astype(np.float32) / 255
    mean, spread = (np.asarray(meta[name], np.float32) for name in ("mean", "spread"))
    return np.asarray((pixels - mean) / spread, np.float32)
