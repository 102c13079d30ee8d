"""Strict span scores of entities, on tokens and on characters."""

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
from seqops.metrics.entity_spans import span_scores
from seqops.preprocessing.iob2 import iob2_to_spans
from seqops.tasks.ner.data import encoding


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """How entities are scored."""

    goal: ClassVar[Goal] = Goal("f1", higher_is_better=True)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score strict spans: on the corpus's own tokens (`f1`), and in the raw text (`raw_f1`)."""
        gold = [iob2_to_spans(tags) for tags in encoding.tags(truth, "corpus", meta)]
        scores = span_scores([iob2_to_spans(tags) for tags in predicted["tags"]], gold, meta["types"])
        if "starts" in predicted:
            known = truth.plain("aligned")
            found, gold = encoding.predicted_spans(predicted), encoding.true_spans(truth, meta)
            # an annotation that does not match its text gives no spans to score against
            found = [spans if ok else [] for spans, ok in zip(found, known, strict=True)]
            scores += span_scores(found, gold, meta["types"], prefix="raw_")
        return in_groups(scores, truth)
