"""Baselines without a network: n-gram models of the same tokens, and of characters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.data.windows import joined_text, stream
from seqops.tasks.textgen.evaluation import ngrams
from seqops.tasks.textgen.metrics import costs
from seqops.tasks.textgen.model.character_model import CharacterModel
from seqops.tasks.textgen.model.held_out_discounts import MAX_ORDER as MAX_CHARACTERS

KNESER_NEY = "kneser_ney"
MAX_ORDER = 6


def all_of(splits: Mapping[str, Split], meta: Meta, model_kind: str) -> list[Baseline]:
    """Score the test passages by the network's tokens, and by characters unless those are the model."""
    tokens = _of_tokens(splits, meta)
    return tokens if model_kind == KNESER_NEY else [*tokens, _of_characters(splits)]


def _of_tokens(splits: Mapping[str, Split], meta: Meta) -> list[Baseline]:
    """Score the tokens by Witten-Bell n-grams, given the same context as the network."""
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


def _of_characters(splits: Mapping[str, Split]) -> Baseline:
    """Score the characters by the modified Kneser-Ney n-grams that are best on validation text.

    The history of a character is the running text before it, whatever context the network is given.
    """
    training, validation, test = (joined_text(splits[name]) for name in ("train", "validation", "test"))
    model = CharacterModel.fit(training, validation)
    nats = model.nats(test, (training + validation)[-MAX_CHARACTERS:])
    each = np.split(nats, np.cumsum(splits["test"].plain("characters"))[:-1])
    predicted = pd.DataFrame({"nats": [row.sum() for row in each], "each": [row.tolist() for row in each]})
    return Baseline(f"Kneser-Ney {model.order}-gram", "classical", predicted, model_kind=KNESER_NEY)
