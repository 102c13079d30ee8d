"""What a text costs without a network: uniform, unigram and interpolated n-grams, over the same tokens."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqops.core.interfaces import Baseline, Meta
from seqops.core.ragged import Split
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.data.windows import stream
from seqops.tasks.textgen.evaluation import ngrams
from seqops.tasks.textgen.metrics import costs

HIGHEST = 6


def all_of(splits: Mapping[str, Split], meta: Meta) -> list[Baseline]:
    """Predict the test passages, with the context that the network has."""
    cut, test = tokenizer.tokenizer_from_meta(meta), splits["test"]
    outcomes = cut.size - cut.n_special_tokens + bool(cut.extra_nats.any())
    orders = ngrams.count_ngrams(stream(splits["train"]).astype(np.int64), cut.size, HIGHEST)
    rows = test.ragged("tokens")
    chances = [np.full(len(rows.values), 1.0 / outcomes)]
    chances += ngrams.probabilities(orders, rows, cut.size, outcomes)
    names = ["uniform", "unigram", *(f"{n}-gram" for n in range(2, HIGHEST + 1))]
    return [
        Baseline(name, "trivial" if n < 2 else "classical", costs(test, -np.log(chance), cut))
        for n, (name, chance) in enumerate(zip(names, chances, strict=True))
    ]
