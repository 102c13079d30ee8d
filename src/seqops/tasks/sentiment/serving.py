"""Prediction endpoint of the sentiment task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.request_limits import RequestLimits
from seqops.preprocessing.csv_table import require_valid_unicode
from seqops.preprocessing.vocabulary import unknown_words
from seqops.tasks.sentiment.data.dataset import Dataset


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw texts in, labels with probabilities out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = RequestLimits(chars=1_000_000)
    intended_use: ClassVar[str] = (
        "Classifies texts like those it was trained on by the opinion that they express, to count opinions "
        "or to prioritise texts for human readers."
    )
    limits: ClassVar[str] = (
        "It misclassifies irony, negation and contrast more often than plain praise (see the slices), and "
        "kinds of text that it was not trained on. A single prediction must not be relied on for a decision "
        "about the author of the text."
    )

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode raw texts. Raises DataError if one is empty, too long or not valid Unicode."""
        require_valid_unicode(inputs)
        for number, text in enumerate(inputs, 1):
            if not text.strip():
                raise DataError(f"input {number} is empty. Give a text.")
            if len(text) > self.data.max_chars:
                what = f"input {number} has {len(text)} characters, more than {self.data.max_chars}"
                raise DataError(f"{what} (data.max_chars). Give a shorter text.")
        return self.data.encoder(meta).encode(list(inputs))

    def unknown_words(self, inputs: Sequence[str], meta: Meta) -> list[str]:
        """List the words that are not in the vocabulary; of subwords, none."""
        if "subwords" in meta:
            return []
        tokenizer = self.data.encoder(meta).tokenizer
        return unknown_words((word for text in inputs for word in tokenizer.tokens(text)), meta["words"])

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Return the label of each text and the probability of every label."""
        rows = zip(inputs, predicted["label"], predicted["probabilities"], strict=True)
        return [
            {
                "text": text,
                "label": meta["labels"][label],
                "probabilities": dict(zip(meta["labels"], map(float, values), strict=True)),
            }
            for text, label, values in rows
        ]

    def example(self, meta: Meta) -> str:
        """Return the first training text."""
        return str(meta["example"])
