"""Baselines without a network: uniform, unigram and interpolated n-gram models of the same tokens."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqops.core.interfaces import Baseline, Meta
from seqops.core.ragged import Split
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.data.windows import stream
from seqops.tasks.textgen.evaluation import ngrams
from seqops.tasks.textgen.metrics import costs

MAX_ORDER = 6


def all_of(splits: Mapping[str, Split], meta: Meta) -> list[Baseline]:
    """Score the test passages, given the same context as the network."""
    tokens, test = tokenizer.tokenizer_from_meta(meta), splits["test"]
    outcomes = tokens.size - tokens.n_special_tokens + bool(tokens.extra_nats.any())
    orders = ngrams.count_ngrams(stream(splits["train"]).astype(np.int64), tokens.size, MAX_ORDER)
    rows = test.ragged("tokens")
    predicted = [np.full(len(rows.values), 1.0 / outcomes)]
    predicted += ngrams.probabilities(orders, rows, tokens.size, outcomes)
    names = ["uniform", "unigram", *(f"{n}-gram" for n in range(2, MAX_ORDER + 1))]
    return [
        Baseline(name, "trivial" if n < 2 else "classical", costs(test, -np.log(probability), tokens))
        for n, (name, probability) in enumerate(zip(names, predicted, strict=True))
    ]
