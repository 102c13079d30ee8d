"""Prediction endpoint of the images task."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from PIL import Image

from seqops.core import interfaces
from seqops.core.errors import DataError, quoted
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.request_limits import RequestLimits
from seqops.tasks.images.data.checks import MIN_SIDE
from seqops.tasks.images.data.dataset import Dataset
from seqops.tasks.images.data.encoding import stored
from seqops.tasks.images.data.pictures import FIX, FORMATS, Picture, PictureError, decoded_size

MOST_LIKELY = 5


@dataclass(frozen=True)
class PictureLimits(RequestLimits):
    """Limits of a request; pixels: of all its pictures together, because one of 8 kB may have 50 million."""

    pixels: int = 500_000_000

    def check(self, inputs: Sequence[str]) -> None:
        """Raise DataError if a request holds more, as the headers of its pictures say."""
        super().check(inputs)
        if (total := sum(map(_pixels, inputs))) > self.pixels:
            what = f"the pictures of the request have {total:,} pixels, more than {self.pixels:,}"
            raise DataError(f"{what}. Send them in several requests.")

    def batches(self, inputs: Iterable[str]) -> Iterator[list[str]]:
        """Divide inputs, in order, into requests within the limits. Raises DataError for a long input."""
        for large in super().batches(inputs):
            batch: list[str] = []
            room = self.pixels
            for text in large:
                pixels = _pixels(text)
                if batch and pixels > room:
                    yield batch
                    batch, room = [], self.pixels
                batch.append(text)
                room -= pixels
            yield batch

    def summary(self) -> str:
        """Format the limits as sentences of the model card."""
        return f"{super().summary()} Its pictures have at most {self.pixels:,} pixels together."


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Encoded pictures in base64 in, classes with probabilities out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = PictureLimits(chars=20_000_000, total_chars=20_000_000)
    intended_use: ClassVar[str] = (
        "Names the class of a picture that shows one of the things that it was trained on, to sort pictures "
        "or to propose labels to a person."
    )
    limits: ClassVar[str] = (
        "It knows only its classes, and names one of them for any picture, also for one that shows none. "
        "Pictures from another camera, scanner or writer than those of training may be misread more often "
        "than the scores say."
    )

    def from_argument(self, argument: str) -> str:
        """Return the file of that path in base64; an argument that is no path as it is."""
        try:
            path = Path(argument).expanduser()
            return base64.b64encode(path.read_bytes()).decode("ascii") if path.is_file() else argument
        except (ValueError, OSError):  # a long text is no name of a file
            return argument

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Decode base64. Raises DataError for what is no picture that can be decoded."""
        return Split({"picture": stored([_content(text, i) for i, text in enumerate(inputs, 1)])})

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Return the most likely class of each picture, the first five, and all probabilities."""
        records = []
        for label, values in zip(predicted["label"], predicted["probabilities"], strict=True):
            named = dict(zip(meta["labels"], map(float, values), strict=True))
            first = sorted(named, key=named.__getitem__, reverse=True)[:MOST_LIKELY]
            records.append(
                {
                    "label": meta["labels"][label],
                    "most_likely": {name: named[name] for name in first},
                    "probabilities": named,
                }
            )
        return records

    def example(self, meta: Meta) -> str:
        """Return the first training picture."""
        return str(meta["example"])


def _decoded(text: str) -> bytes:
    """Decode the base64 of a data: address, or alone. Raises ValueError."""
    return base64.b64decode(text.strip().partition("base64,")[2] or text.strip(), validate=True)


def _pixels(text: str) -> int:
    """Return how many pixels a picture has, as its header says; 0 for what `parse` refuses as none."""
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(_decoded(text)), formats=FORMATS) as image,
        ):
            width, height = decoded_size(image)
            return width * height
    except Exception:  # of any kind, as the formats differ
        return 0


def _content(text: str, number: int) -> bytes:
    """Return the bytes of a picture. Raises DataError that names the input."""
    try:
        content = _decoded(text)
    except ValueError:
        what = f"input {number} is neither the path of a file nor a picture in base64: {quoted(text.strip())}"
        raise DataError(f"{what}. Check the path.") from None
    try:
        height, width = Picture.decode(content).size
    except PictureError as error:
        raise DataError(f"input {number} is {error}. {FIX}") from None
    if min(height, width) < MIN_SIDE:
        fix = f"Give one of at least {MIN_SIDE} x {MIN_SIDE}."
        raise DataError(f"input {number} is a picture of {height} x {width} pixels. {fix}")
    return content
