"""Metrics of the textgen task: nats and bits per character."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import GROUP, POSITIVE, Score, Units, in_groups, units_of
from seqops.metrics.ratio import ratio
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.data.dataset import Dataset

BLOCKS = 12
"""Number of blocks of passages that count as independent, where the text has no sections: fewer and longer
ones cover dependence over a longer distance, but below ten there is no interval."""
NEIGHBOURS = 2
"""Passages of a block, at least: a short text has fewer than ten of them, and no interval."""
SECTIONS = "the interval is over the sections of the test text"
THIS_TEXT = (
    "the interval is over blocks of {block} passages of this test text, and does not cover how much other "
    "parts of the text differ from it"
)


def costs(split: Split, nats: np.ndarray, tokens: tokenizer.Tokenizer) -> pd.DataFrame:
    """Return the nats of each token (N,) as predictions: `nats`, summed over a row, and `each` of them."""
    rows = split.ragged("tokens")
    nats = nats + tokens.extra_nats[rows.values]
    each = [nats[end - n : end] for end, n in zip(rows.offsets[1:], split.plain("scored"), strict=True)]
    return pd.DataFrame({"nats": [float(row.sum()) for row in each], "each": [row.tolist() for row in each]})


def _bits(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return ratio(sums) / math.log(2)


@dataclass(frozen=True)
class Metrics(interfaces.Metrics):
    """Negative log-likelihood of held-out text per character."""

    data: Dataset

    goal: ClassVar[Goal] = Goal("nats", higher_is_better=False)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score by nats and bits per character, which do not depend on the tokenizer."""
        statistics = np.stack([predicted["nats"].to_numpy(np.float64), truth.plain("characters")], axis=1)
        block = _block(truth)
        covers = SECTIONS if self.data.section else THIS_TEXT.format(block=block)
        setup = (
            f"passages of {self.data.passage} characters and more, {self.data.context} before each; {covers}"
        )
        scores = [
            Score(
                name,
                statistics,
                value,
                False,
                f"{name} a character, {setup}",
                block,
                unit="passage",
                limits=POSITIVE,
            )
            for name, value in (("nats", ratio), ("bits", _bits))
        ]
        return in_groups(scores, truth)

    def units(self, truth: Split, meta: Meta) -> Units:
        """Return the sections, or passages in order, of which long blocks depend on each other."""
        return units_of(truth) if GROUP in truth.columns else Units(None, _block(truth), "passage")


def _block(truth: Split) -> int:
    return max(NEIGHBOURS, len(truth) // BLOCKS)
