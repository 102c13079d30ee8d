"""Small copies of pictures for the report."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from seqops.tasks.images.data.pictures import Picture

SIDE = 64
"""Pixels of the longer side."""
RED, STRENGTH = (255.0, 0.0, 0.0), 0.6
"""The colour of a place that counts most, and its share there."""


def thumbnail(content: bytes) -> str:
    """Return an encoded picture as the address of a PNG image that contains it."""
    return _address(_small(content))


def heated(content: bytes, heat: npt.NDArray[np.float64]) -> str:
    """Return an encoded picture, reddened where the heat (h, w), from 0 to 1, is high, as such an address."""
    small = _small(content).convert("RGB")
    spread = Image.fromarray(heat.astype(np.float32)).resize(small.size, Image.Resampling.BILINEAR)
    share = STRENGTH * np.asarray(spread, np.float64)[..., None]
    mixed = (1 - share) * np.asarray(small, np.float64) + share * np.array(RED)
    return _address(Image.fromarray(np.rint(mixed).astype(np.uint8)))


def _small(content: bytes) -> Image.Image:
    image = Picture.decode(content).image
    scale = SIDE / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    # enlarged pixels stay sharp
    return image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BILINEAR)


def _address(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
