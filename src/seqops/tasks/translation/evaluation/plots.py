"""Slices of the test sentences; plots of BLEU by length and of attention."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Plot
from seqops.core.score import Score
from seqops.evaluation.slices import count_words, slices_by_length
from seqops.preprocessing.subwords import Subwords
from seqops.tasks.translation.data.encoding import split_words

LENGTHS = {"1-4 words": (1, 4), "5-8 words": (5, 8), "9-16 words": (9, 16), "17+ words": (17, math.inf)}

ROWS_WITH_HYPOTHESES = 3
"""Rows whose hypotheses the report lists."""


def slices(sources: Sequence[str], words: set[str]) -> dict[str, npt.NDArray[np.bool_]]:
    """Return masks (n,) by the source's length in words, and by whether it has a word unseen in training."""
    unseen = np.array([bool(set(split_words(text)) - words) for text in sources], bool)
    return {**by_length(sources), "unseen word": unseen, "all words seen": ~unseen}


def by_length(sources: Sequence[str]) -> dict[str, npt.NDArray[np.bool_]]:
    """Return masks (n,) by the source's length in words."""
    return slices_by_length(count_words(sources), LENGTHS)


def plots(score: Score, predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Plot]:
    """Plot the score by source length, and the attention of the rows that have it."""
    return [_by_length(score, truth), *_attention(predicted, truth, meta)]


def hypotheses(predicted: pd.DataFrame, truth: Split) -> pd.DataFrame:
    """List the hypotheses of each of the first rows, best first; no columns if no row has alternatives."""
    first = truth.take(np.arange(min(ROWS_WITH_HYPOTHESES, len(truth))))
    rows = [
        {"input": text if rank == 1 else "", "rank": rank, "hypothesis": hypothesis, "score": float(score)}
        for text, found, scores in zip(
            first.ragged("source_text").texts(), predicted["nbest"], predicted["nbest_scores"], strict=False
        )
        if len(found) > 1
        for rank, (hypothesis, score) in enumerate(zip(found, scores, strict=True), 1)
    ]
    return pd.DataFrame(rows)


def _by_length(score: Score, truth: Split) -> Plot:
    masks = by_length(truth.ragged("source_text").texts())
    values = [float(score.value(score.statistics[mask].sum(axis=0))) for mask in masks.values()]
    table = pd.DataFrame({"source length": list(masks), score.name: values})
    title = f"{score.name.upper()} by length of the source"
    return Plot(f"{score.name}-by-length", title, "bar", table, "source length", [score.name])


def _attention(predicted: pd.DataFrame, truth: Split, meta: Meta) -> list[Plot]:
    """Plot the weights (T, S) of each row that has them: target subwords down, source subwords across."""
    source, found = Subwords(meta["source"]), []
    for row, (weights, pieces) in enumerate(zip(predicted["attention"], predicted["pieces"], strict=True)):
        if not len(weights):
            continue
        # the position keeps the columns of equal subwords apart
        columns = [f"{i} {p}" for i, p in enumerate(source.pieces(truth.ragged("source")[row]), 1)]
        table = pd.DataFrame(np.reshape(weights, (len(pieces), len(columns))), columns=columns)
        table.insert(0, "target", list(pieces))
        text = truth.ragged("source_text")[row].tobytes().decode("utf-8")
        found.append(Plot(f"attention-{row + 1}", f"Attention: {text}", "heatmap", table, "target", columns))
    return found
