"""Decoding of pictures, with Pillow; too large ones are refused by their header, before they are decoded."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from seqops.core.errors import DataError

Pixels = npt.NDArray[np.uint8]
"""Grey (H, W, 1) or red, green and blue (H, W, 3), 0 is black."""
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
MAX_PIXELS = 50_000_000
"""Pixels of the largest picture that is decoded: 150 MB in colour."""
MAX_SCANS = 50
"""Scans of a JPEG that is decoded, each of which passes over all pixels; progressive ones have about ten."""
START_OF_SCAN = b"\xff\xda"
TILE_SIDES = 322, 323
"""Tags of a TIFF: width and height of its tiles, which may exceed the picture (TIFF 6.0, section 15)."""
SIGNATURE_SIDE = 16
"""Pixels of the side of the small copy by which near-duplicates are found."""
FIX = f"Give a picture in one of these formats: {', '.join(FORMATS)}."


class PictureError(DataError):
    """The bytes are no picture that can be decoded; the message is what they are instead."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture, upright, and without transparency: grey (mode L) or colour (mode RGB)."""

    image: Image.Image

    @classmethod
    def decode(cls, content: bytes) -> Picture:
        """Decode an encoded picture, the first one if there are several. Raises PictureError.

        It is turned as its EXIF orientation says. Transparent parts become white, palettes and CMYK become
        RGB, and 16 bits become 8.
        """
        try:
            with warnings.catch_warnings(action="ignore"):
                image = Image.open(io.BytesIO(content), formats=FORMATS)
        except Image.DecompressionBombError:
            raise _too_large("far more pixels") from None
        except Exception:
            raise PictureError("not a picture") from None
        width, height = decoded_size(image)
        if width * height > MAX_PIXELS:
            raise _too_large(f"{width:,} x {height:,} pixels, more")
        if image.format in ("JPEG", "MPO") and (scans := content.count(START_OF_SCAN)) > MAX_SCANS:
            raise PictureError(f"a JPEG of {scans:,} scans, more than the {MAX_SCANS} that are decoded")
        try:
            image.load()
            return cls(_plain(ImageOps.exif_transpose(image)))
        except PictureError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())[:100] or type(error).__name__
            raise PictureError(f"a damaged picture ({reason})") from None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.image.height, self.image.width

    def content_hash(self) -> str:
        """Hash size and pixels: equal for the same picture in another lossless format."""
        colours = self.image.convert("RGB")
        return hashlib.blake2b(repr(self.size).encode() + colours.tobytes(), digest_size=16).hexdigest()

    def signature(self) -> bytes:
        """Return a small grey copy: SIGNATURE_SIDE x SIGNATURE_SIDE means of blocks of pixels."""
        size = SIGNATURE_SIDE, SIGNATURE_SIDE
        return self.image.convert("L").resize(size, Image.Resampling.BOX).tobytes()

    def pixels(self, height: int, width: int, channels: int) -> Pixels:
        """Return the picture as an array (H, W, C), resized with antialiasing if it has another size."""
        image = self.image.convert("L" if channels == 1 else "RGB")
        if self.size != (height, width):
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(image, np.uint8).reshape(height, width, channels)


def encode(pixels: Pixels) -> bytes:
    """Encode pixels (H, W, C) as PGM or PPM: not compressed, so that no library changes the bytes."""
    height, width, channels = pixels.shape
    kind = {1: "P5", 3: "P6"}[channels]
    return f"{kind} {width} {height} 255\n".encode("ascii") + pixels.tobytes()


def decoded_size(image: Image.Image) -> tuple[int, int]:
    """Return the width and the height of what is decoded: those of a tile, if it is larger."""
    tags = getattr(image, "tag_v2", {})
    width, height = (max(tags.get(tag, 0), 0) for tag in TILE_SIDES)
    return max(image.width, width), max(image.height, height)


def _too_large(size: str) -> PictureError:
    return PictureError(f"a picture of {size} than the {MAX_PIXELS:,} that are decoded")


def _plain(image: Image.Image) -> Image.Image:
    """Convert to L or RGB."""
    if image.mode == "F":
        raise PictureError("a picture of floating-point numbers")
    if image.mode.startswith("I"):  # 16 bits, which Pillow may hold in 32
        wide = np.asarray(image).astype(np.int64)
        return Image.fromarray(np.clip(wide // 257, 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), layers).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")
