"""What a text costs without a network: uniform, unigram and interpolated n-grams, over the same tokens."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from seqops.arrays import Split
from seqops.contract import Baseline, Meta
from seqops.tasks.textgen import ngrams, tokens
from seqops.tasks.textgen.rows import stream

HIGHEST = 6


def all_of(splits: Mapping[str, Split], meta: Meta) -> list[Baseline]:
    """Predict the test passages, with the context that the network has."""
    cut, test = tokens.of(meta), splits["test"]
    outcomes = cut.size - cut.unspoken + bool(cut.surcharge.any())
    orders = ngrams.learn(stream(splits["train"]).astype(np.int64), cut.size, HIGHEST)
    rows = test.ragged("tokens")
    chances = [np.full(len(rows.values), 1.0 / outcomes)]
    chances += ngrams.probabilities(orders, rows, cut.size, outcomes)
    names = ["uniform", "unigram", *(f"{n}-gram" for n in range(2, HIGHEST + 1))]
    return [
        Baseline(name, "trivial" if n < 2 else "classical", costs(test, -np.log(chance), cut))
        for n, (name, chance) in enumerate(zip(names, chances, strict=True))
    ]


def costs(split: Split, nats: np.ndarray, cut: tokens.Tokens) -> pd.DataFrame:
    """Lay out what each token of the rows costs (N,), as predictions: `nats` in sum, `each` one by one."""
    rows = split.ragged("tokens")
    nats = nats + cut.surcharge[rows.values]
    each = [nats[end - n : end] for end, n in zip(rows.offsets[1:], split.plain("scored"), strict=True)]
    return pd.DataFrame({"nats": [float(row.sum()) for row in each], "each": [row.tolist() for row in each]})
