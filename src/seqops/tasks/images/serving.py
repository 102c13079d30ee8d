"""Prediction endpoint of the images task."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.request_limits import RequestLimits
from seqops.tasks.images.data.checks import MIN_SIDE
from seqops.tasks.images.data.dataset import Dataset
from seqops.tasks.images.data.encoding import stored
from seqops.tasks.images.data.pictures import FIX, Picture, PictureError

MOST_LIKELY = 5


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Encoded pictures in base64 in, classes with probabilities out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = RequestLimits(chars=20_000_000, total_chars=20_000_000)
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


def _content(text: str, number: int) -> bytes:
    """Return the bytes of a picture. Raises DataError that names the input."""
    encoded = text.strip().partition("base64,")[2] or text.strip()  # of a data: address, or alone
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        what = f"input {number} is neither the path of a file nor a picture in base64: {text.strip()[:40]!r}"
        raise DataError(f"{what}. Check the path.") from None
    try:
        height, width = Picture.decode(content).size
    except PictureError as error:
        raise DataError(f"input {number} is {error}. {FIX}") from None
    if min(height, width) < MIN_SIDE:
        fix = f"Give one of at least {MIN_SIDE} x {MIN_SIDE}."
        raise DataError(f"input {number} is a picture of {height} x {width} pixels. {fix}")
    return content
