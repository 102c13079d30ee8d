"""A minimal task that a network can learn: is the sum of a short sequence even or odd?"""

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from seqops.core.interfaces import Dataset, Endpoint, Evaluation, Metrics, Network, Task
from seqops.core.objective import Objective
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Baseline, Goal
from seqops.core.score import Score
from seqops.core.settings import Decay, FitConfig
from seqops.preprocessing.row_keys import KEYS, keys_column

FIT_CONFIG = FitConfig(
    seed=5,
    epochs=4,
    batch_size=8,
    learning_rate=0.01,
    decay=Decay("exponential", 0.9),
    warmup_steps=0,
    weight_decay=0.0,
    clip_norm=1.0,
    patience=10,
    validation_rows=1000,
)


@dataclass(frozen=True)
class ToyData(Dataset):
    registered_name = "toy"

    def sample(self):
        return {}

    def read(self, raw):
        return pd.DataFrame()

    def assign_splits(self, table):
        return np.array([])

    def expectations(self):
        return []

    def fit_encoding(self, table, split):
        return {"digits": 4}

    def encode(self, table, split, meta):
        return {
            name: with_keys(make_split(n, seed), name)
            for name, n, seed in (("train", 60, 0), ("validation", 20, 1), ("test", 20, 2))
        }


class ToyMetrics(Metrics):
    goal = Goal("accuracy", True)

    def score(self, predicted, truth, meta):
        correct = (predicted["odd"].to_numpy() == truth.plain("odd")).astype(float)
        statistics = np.stack([correct, np.ones(len(correct))], axis=1)
        return [Score("accuracy", statistics, lambda s: s[..., 0] / s[..., 1], True, "share correct")]


class ToyEvaluation(Evaluation):
    def baselines(self, splits, meta, model_kind=""):
        return [Baseline("always even", "trivial", pd.DataFrame({"odd": [0] * len(splits["test"])}))]

    def examples(self, predicted, truth, meta):
        return pd.DataFrame({"predicted": predicted["odd"], "truth": truth.plain("odd")})


class ToyEndpoint(Endpoint):
    intended_use = "Predicts whether the sum of a few digits is even or odd, in tests."
    limits = "It knows the digits 1 to 3 and sequences of at most five; do not rely on it."

    def parse(self, inputs, meta):
        return Split({"digits": Ragged.from_rows([[int(c) for c in i] for i in inputs], np.int64)})

    def respond(self, predicted, inputs, meta):
        return predicted.to_dict("records")

    def example(self, meta):
        return "12"


@dataclass(frozen=True)
class ToyNetwork(Network):
    units: int = 8
    dropout: float = 0.3

    def build(self, meta, optimizer="sgd"):
        digits = keras.Input((None,), dtype="int32", name="digits")
        x = keras.layers.Embedding(meta["digits"] + 1, self.units, name="embedding")(digits)
        x = keras.layers.Dropout(self.dropout, name="dropout")(x)
        x = keras.layers.GRU(self.units, name="encoder")(x)
        x = keras.layers.Dropout(self.dropout, name="dropout_out")(x)
        model = keras.Model(digits, keras.layers.Dense(2, name="logits")(x))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def batch(self, split, meta):
        return split.ragged("digits").padded(), split.plain("odd"), None

    def lengths(self, split):
        return split.ragged("digits").lengths

    def predict(self, model, split, meta):
        logits = model(split.ragged("digits").padded())
        return pd.DataFrame({"odd": np.argmax(logits, axis=-1)})

    def pretext(self):
        return Objective(FirstDigit(self.units, self.dropout), Goal("first", True), first_digit_score)


class FirstDigit(ToyNetwork):
    """Learns the first digit of a sequence, without labels."""

    def build(self, meta, optimizer="sgd"):
        model = super().build(meta, optimizer)
        logits = keras.layers.Dense(4, name="first")(model.get_layer("dropout_out").output)
        model = keras.Model(model.input, logits)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        return model

    def batch(self, split, meta):
        digits = split.ragged("digits").padded()
        return digits, digits[:, 0], None


def toy_task(name, data, evaluation=ToyEvaluation, section=None):
    """Configure the toy task."""
    metrics = ToyMetrics(data)
    return Task(
        name,
        "sample",
        data,
        network=ToyNetwork,
        metrics=lambda: metrics,
        evaluation=lambda: evaluation(data, metrics),
        endpoint=lambda: ToyEndpoint(data),
        fit_config=FIT_CONFIG,
        section=section or {},
    )


def first_digit_score(predicted, truth, meta):
    correct = (predicted["odd"].to_numpy() == truth.ragged("digits").padded()[:, 0]).astype(float)
    statistics = np.stack([correct, np.ones(len(correct))], axis=1)
    return [Score("first", statistics, lambda s: s[..., 0] / s[..., 1], True, "share correct")]


def with_keys(split, name):
    """Add a key of its own to each row."""
    keys = keys_column(f"{name} {row}" for row in range(len(split)))
    return Split({**split.columns, KEYS: keys})


def make_split(n, seed):
    generator = np.random.default_rng(seed)
    rows = [generator.integers(1, 4, generator.integers(1, 6)) for _ in range(n)]
    return Split(
        {"digits": Ragged.from_rows(rows, np.int64), "odd": np.array([row.sum() % 2 for row in rows])}
    )
