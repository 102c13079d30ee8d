"""Prompts in, text that goes on from them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.data.dataset import Dataset
from seqops.tasks.textgen.model import prompts


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Prompts in, text that goes on from them out."""

    data: Dataset

    intended_use: ClassVar[str] = (
        "Writes text in the manner of what it was trained on, and tells how likely a text is, for study, "
        "play and comparison."
    )
    limits: ClassVar[str] = (
        "It knows spelling and manner, not facts: what it writes is made up, may repeat its training text "
        "word for word, and may offend as that text may. Nothing that it says must be relied on or passed "
        "off as a person's words."
    )

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode prompts, bare or with settings as a JSON object. Raises DataError for a wrong setting."""
        parsed = [prompts.parse(text, number) for number, text in enumerate(inputs, 1)]
        return prompts.encoded(parsed, tokenizer.tokenizer_from_meta(meta))

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with the prompt, the text that follows it, and the settings that it was made with."""
        answers = []
        for number, text in enumerate(inputs):
            row = predicted.iloc[number]
            said = {name: row[name].item() for name in prompts.SETTINGS}
            prompt = prompts.parse(text, number + 1).prompt
            answers.append({"prompt": prompt, "text": str(row["text"]), **said})
        return answers

    def request_example(self, meta: Meta) -> str:
        """Return how the training text begins."""
        return str(meta["example"])
