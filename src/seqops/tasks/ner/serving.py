"""Raw texts in, entities with character offsets out."""

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
from seqops.preprocessing.korean import nfc
from seqops.preprocessing.vocabulary import unknown_words
from seqops.tasks.ner.data import encoding, features
from seqops.tasks.ner.data.dataset import Dataset


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw texts in, entities with character offsets out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = RequestLimits(chars=5_000, total_chars=200_000)
    intended_use: ClassVar[str] = (
        "Finds entities of the trained types in sentences like those it was trained on, to index texts or "
        "to suggest names to a user, who decides."
    )
    limits: ClassVar[str] = (
        "It misses entities and finds false ones (see F1 and its slices), more so in other kinds of text and "
        "for names not seen in training. It must not be relied on to find every name, as redaction "
        "requires, nor for decisions about people."
    )

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Split raw texts into tokens. Raises DataError for a text that is empty or too long."""
        require_valid_unicode(inputs)
        for number, text in enumerate(inputs, 1):
            if not text.strip():
                raise DataError(f"input {number} is empty. Give a sentence.")
        return encoding.request(
            [nfc(text) for text in inputs], self.data.tokenizer, self.data.max_length, meta
        )

    def unknown_words(self, inputs: Sequence[str], meta: Meta) -> list[str]:
        """List the tokens that are not in the vocabulary, as they are written."""
        sentences = features.tokenize([nfc(text) for text in inputs], self.data.tokenizer)
        forms = {features.mask_digits(form): form for tokens in sentences for form in tokens.forms}
        return [forms[word] for word in unknown_words(forms, meta["words"])]

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Return each text in the Unicode form (NFC) that its offsets refer to, and its entities."""
        records = []
        for text, spans in zip(map(nfc, inputs), encoding.predicted_spans(predicted), strict=True):
            entities = [{"text": text[s:e], "type": kind, "start": s, "end": e} for s, e, kind in spans]
            records.append({"text": text, "entities": entities})
        return records

    def example(self, meta: Meta) -> str:
        """Return a training sentence with an entity."""
        example: str = meta["example"]
        return example
