"""Raw texts in, labels with probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.preprocessing.csv_table import require_valid_unicode
from seqops.tasks.sentiment.data.dataset import Dataset


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw texts in, labels with probabilities out."""

    data: Dataset

    intended_use: ClassVar[str] = (
        "Sorts texts like those it was trained on by the opinion that they state, to count opinions or to "
        "order texts for a person to read."
    )
    limits: ClassVar[str] = (
        "It misreads irony, negation and contrast more often than plain praise (see the slices), and other "
        "kinds of text than those of its training. A single answer must not be relied on for a decision "
        "about the person who wrote the text."
    )

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode raw texts. Raises DataError for an empty or an overlong one."""
        require_valid_unicode(inputs)
        for place, text in enumerate(inputs, 1):
            if not text.strip():
                raise DataError(f"input {place} is empty. Give a text.")
            if len(text) > self.data.max_chars:
                what = f"input {place} has {len(text)} characters, more than {self.data.max_chars}"
                raise DataError(f"{what} (data.max_chars). Give a shorter text.")
        return self.data.encoder(meta).encode(list(inputs))

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with the likeliest label and the probability of each."""
        rows = zip(inputs, predicted["label"], predicted["probabilities"], strict=True)
        return [
            {
                "text": text,
                "label": meta["labels"][label],
                "probabilities": dict(zip(meta["labels"], map(float, values), strict=True)),
            }
            for text, label, values in rows
        ]

    def request_example(self, meta: Meta) -> str:
        """Return the first training text."""
        return str(meta["example"])
