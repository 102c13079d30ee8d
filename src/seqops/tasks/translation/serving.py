"""Prediction endpoint of the translation task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.request_limits import RequestLimits
from seqops.preprocessing.csv_table import require_valid_unicode
from seqops.preprocessing.subwords import Subwords
from seqops.preprocessing.vocabulary import unknown_words
from seqops.tasks.translation.data.dataset import Dataset
from seqops.tasks.translation.data.encoding import ids_of, split_words

DECIMALS = 4
"""Decimals of a score; further ones differ between equal sentences of one request."""


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Sentences in, translations out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = RequestLimits(total_chars=200_000)
    intended_use: ClassVar[str] = (
        "Drafts translations of short sentences like those it was trained on, for readers who can check them."
    )
    limits: ClassVar[str] = (
        "It may omit, add or reverse what a sentence says and still sound fluent; names and words that do "
        "not occur in the training data, long sentences and other kinds of text are translated worse (see "
        "the slices). It must not be relied on where a mistake does harm: medicine, law, safety."
    )

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode sentences. Raises DataError if one is empty, too long or not valid Unicode."""
        require_valid_unicode(inputs)
        texts = [text.strip() for text in inputs]
        for number, text in enumerate(texts, 1):
            if not text:
                raise DataError(f"input {number} is empty. Give one sentence.")
            if len(text) > self.data.max_length:
                what = (
                    f"input {number} has {len(text)} characters, more than data.max_length "
                    f"({self.data.max_length})"
                )
                raise DataError(f"{what}. Cut it into sentences.")
        return Split(
            {"source": ids_of(Subwords(meta["source"]), texts), "source_text": Ragged.from_texts(texts)}
        )

    def unknown_words(self, inputs: Sequence[str], meta: Meta) -> list[str]:
        """List the words that no training source has."""
        return unknown_words((word for text in inputs for word in split_words(text)), meta["words"])

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Return the best translation of each sentence and its alternatives."""
        return [
            {
                "source": source,
                "translation": nbest[0],
                "alternatives": [
                    {"text": text, "score": round(float(score), DECIMALS)}
                    for text, score in zip(nbest[1:], scores[1:], strict=True)
                ],
            }
            for source, nbest, scores in zip(
                inputs, predicted["nbest"], predicted["nbest_scores"], strict=True
            )
        ]

    def example(self, meta: Meta) -> str:
        """Return the first training sentence."""
        return str(meta["example"])
