"""Small copies of pictures for the report."""

from __future__ import annotations

import base64
import io

from PIL import Image

from seqops.tasks.images.data.pictures import Picture

SIDE = 64
"""Pixels of the longer side."""


def thumbnail(content: bytes) -> str:
    """Return an encoded picture as the address of a PNG image that contains it."""
    image = Picture.decode(content).image
    scale = SIDE / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    # enlarged pixels stay sharp
    small = image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BILINEAR)
    file = io.BytesIO()
    small.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
