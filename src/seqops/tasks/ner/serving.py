"""Raw texts in, entities by their characters out."""

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
from seqops.preprocessing.korean import nfc
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.data.dataset import Dataset


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw texts in, entities by their characters out."""

    data: Dataset

    intended_use: ClassVar[str] = (
        "Finds entities of the trained types in sentences like those it was trained on, to index texts or "
        "to suggest names to a person, who decides."
    )
    limits: ClassVar[str] = (
        "It misses entities and invents some (see F1 and its slices), more so in other kinds of text and "
        "with names that training never saw. It must not be relied on to find every name, as redaction "
        "needs, nor for decisions about people."
    )

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Split raw texts to tokens. Raises DataError for an empty text and for one that is too long."""
        require_valid_unicode(inputs)
        for text in inputs:
            if not text.strip():
                raise DataError("The text is empty. Give a sentence.")
        return encoding.request(
            [nfc(text) for text in inputs], self.data.tokenizer, self.data.max_length, meta
        )

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with the text, composed as its offsets count it, and the entities in it."""
        records = []
        for text, spans in zip(inputs, encoding.guessed_spans(predicted), strict=True):
            whole = nfc(text)
            found = [{"text": whole[s:e], "type": kind, "start": s, "end": e} for s, e, kind in spans]
            records.append({"text": whole, "entities": found})
        return records

    def request_example(self, meta: Meta) -> str:
        """Return a training sentence with an entity."""
        example: str = meta["example"]
        return example
