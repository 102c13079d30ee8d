"""A network over characters and Kneser-Ney n-grams whose probabilities are averaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import tensorflow as tf

from seqops.core.interfaces import Meta, Metrics
from seqops.core.mixtures import FittedMixture, Mixture
from seqops.core.ragged import Array, Split
from seqops.nn.temperature_scaling import log_softmax
from seqops.tasks.textgen.data import checks, tokenizer
from seqops.tasks.textgen.model import prompts, samples, writing
from seqops.tasks.textgen.model.writing import Floats, Sampling

STEPS = 40
"""Bisections of [0, 1] by which the weight is found."""


@dataclass(frozen=True)
class KneserNeyMixture(Mixture):
    """Both give a probability to every character of Unicode, and so does their weighted mean.

    Source: Jelinek and Mercer 1980; the weight has the highest likelihood on validation text.
    """

    def check(self, meta: Meta) -> None:
        """Raise ConfigError for subwords, of which n-grams of characters give no distribution."""
        checks.require_characters(meta["tokens"])

    def choose_weights(self, model: FittedMixture, metrics: Metrics, validation: Split, meta: Meta) -> Array:
        """Return the weight of the network that gives validation text the highest probability: (1,)."""
        network = self.network.predict(model.network, validation, meta)
        classical = self.classical.predict(model.classical, validation, meta)
        pair = (np.exp(-np.concatenate(part["each"].to_list())) for part in (network, classical))
        return np.array([likeliest_weight(*pair)])

    def predict(self, model: FittedMixture, split: Split, meta: Meta) -> pd.DataFrame:
        """Return the negative log-likelihood of held-out passages, or continuations of prompts."""
        if "scored" not in split.columns:
            requests = prompts.with_defaults(split, vars(self.classical))
            return writing.continuations(requests, partial(_write, model, meta))
        network = self.network.predict(model.network, split, meta)
        classical = self.classical.predict(model.classical, split, meta)
        pairs = zip(network["each"], classical["each"], strict=True)
        each = [mixed_nats(np.asarray(a), np.asarray(b), float(model.weights[0])) for a, b in pairs]
        return pd.DataFrame({"nats": [row.sum() for row in each], "each": [row.tolist() for row in each]})

    def stream(self, model: FittedMixture, split: Split, meta: Meta) -> Iterator[str]:
        """Generate a continuation of one prompt, a few characters at a time."""
        requests = prompts.with_defaults(split, vars(self.classical))
        return writing.pieces(requests, partial(_write, model, meta))

    def generated_samples(self, model: FittedMixture, meta: Meta) -> pd.DataFrame:
        """Generate continuations of the training text's first words at rising temperatures."""
        return samples.generated(self, model, meta)


def likeliest_weight(ours: Floats, theirs: Floats) -> float:
    """Return the weight w in [0, 1] that maximizes the likelihood, the product of w ours + (1 - w) theirs.

    ours, theirs: probabilities of the outcomes (N,). The log-likelihood is concave: its derivative is
    bisected.
    """

    def rising(weight: float) -> bool:
        return bool(np.sum((ours - theirs) / (weight * ours + (1 - weight) * theirs)) > 0)

    if rising(1.0):
        return 1.0
    low, high = 0.0, 1.0
    if not rising(low):
        return 0.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) else (low, middle)
    return (low + high) / 2


def mixed_nats(ours: Floats, theirs: Floats, weight: float) -> Floats:
    """Return the nats (N,) of outcomes by both; `ours` at weight 1 and `theirs` at weight 0, exactly."""
    with np.errstate(divide="ignore"):
        share, rest = np.log(weight), np.log1p(-weight)
    found: Floats = -np.logaddexp(share - ours, rest - theirs)
    return found


def _write(
    model: FittedMixture, meta: Meta, requests: Split, row: int, uniform: Floats, sampling: Sampling
) -> Iterator[str]:
    """Yield a character of the training text for each number; each is read by both models."""
    network, classical, weight = model.network, model.classical, float(model.weights[0])
    tokens = tokenizer.tokenizer_from_meta(meta)
    ids = tokens.encode("".join(classical.characters))
    extra = np.exp(-tokens.extra_nats[ids])
    prompt = tokenizer.BREAK + requests.ragged("prompt").texts()[row]
    ranks, read, state = classical.ranks(prompt), requests.ragged("tokens")[row], network.encoder.zeros(1)
    for number in uniform:
        logits, state = network.follow(tf.constant(read), state)
        ours = np.exp(log_softmax(logits.numpy().astype(np.float64)))[0, ids] * extra
        theirs = classical.tables.next_symbol(ranks)[:-1]
        symbol = sampling.choose(weight * ours + (1 - weight) * theirs, float(number))
        yield classical.characters[symbol]
        ranks, read = classical.tables.read(symbol, ranks), ids[[symbol]]
