"""Metrics of the translation task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import Score, in_groups
from seqops.metrics.translation import bleu, chrf
from seqops.tasks.translation.data.encoding import TOKENIZER


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """BLEU, the goal, and chrF."""

    goal: ClassVar[Goal] = Goal("bleu", higher_is_better=True)
    also_compared: ClassVar[Sequence[str]] = ("chrf",)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score hypotheses against all references of their source by BLEU and chrF.

        BLEU counts the tokens of the target language, as the script of the training targets shows it.
        """
        hypotheses = list(predicted["hypothesis"])
        references = [text.split("\n") for text in truth.ragged("references").texts()]
        tokenizer = meta.get(TOKENIZER, "13a")
        return in_groups([bleu(hypotheses, references, tokenizer), chrf(hypotheses, references)], truth)
