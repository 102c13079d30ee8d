"""Prediction endpoint of the textgen task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.request_limits import RequestLimits
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.data.dataset import Dataset
from seqops.tasks.textgen.model import prompts


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Prompts in, continuations out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = RequestLimits(items=20, chars=20_000, total_chars=200_000)
    intended_use: ClassVar[str] = (
        "Generates text in the style of its training text, and estimates how likely a text is, for study, "
        "play and comparison."
    )
    limits: ClassVar[str] = (
        "It models spelling and style, not facts: its output is made up, may repeat the training text word "
        "for word, and may offend as that text may. Its output must not be relied on or passed off as "
        "written by a person."
    )

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode prompts, as text or as JSON objects with settings. Raises DataError if one is invalid."""
        parsed = [prompts.parse(text, number) for number, text in enumerate(inputs, 1)]
        return prompts.encoded(parsed, tokenizer.tokenizer_from_meta(meta))

    def unknown_words(self, inputs: Sequence[str], meta: Meta) -> list[str]:
        """List the characters of the prompts that are not in the vocabulary; subwords know them all."""
        texts = [prompts.parse(text, number).prompt for number, text in enumerate(inputs, 1)]
        known = meta.get("vocabulary")
        return [c for c in dict.fromkeys("".join(texts)) if c not in known] if known else []

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Return each prompt, its continuation, and the settings of the generation."""
        answers = []
        for number, text in enumerate(inputs):
            row = predicted.iloc[number]
            settings = {name: row[name].item() for name in prompts.SETTINGS}
            prompt = prompts.parse(text, number + 1).prompt
            answers.append({"prompt": prompt, "text": str(row["text"]), **settings})
        return answers

    def example(self, meta: Meta) -> str:
        """Return the first words of the training text."""
        return str(meta["example"])
