"""The training loop: seeded, resumable at every epoch, never a step spent on padding."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from seqops.arrays import Split
from seqops.blocks.sequences import buckets
from seqops.blocks.watch import Epoch, Unwatched, Watcher
from seqops.contract import Data, Meta, Network, Recipe, SeqopsError
from seqops.store import replacing

Weights = list[npt.NDArray[Any]]


class Diverged(SeqopsError):
    """The loss is no longer a number."""


@dataclass
class Progress:
    """All that a fit must remember to go on after a kill."""

    epochs: list[Epoch] = field(default_factory=list)
    best: Weights = field(default_factory=list)

    def best_epoch(self, higher_is_better: bool) -> Epoch:
        """Return the first epoch of the best validation score."""
        sign = 1.0 if higher_is_better else -1.0
        # a score that is undefined is the worst
        return max(self.epochs, key=lambda e: (not math.isnan(e.validation), sign * e.validation, -e.epoch))


@dataclass(frozen=True)
class Fitted:
    """A trained model holding the weights of its best epoch."""

    model: keras.Model
    epochs: list[Epoch]


def train(
    network: Network,
    data: Data,
    splits: dict[str, Split],
    meta: Meta,
    recipe: Recipe,
    checkpoint: Path | None = None,
    watcher: Watcher | None = None,
) -> Fitted:
    """Fit to the training rows, stop early by the goal's score on validation rows, keep the best weights.

    checkpoint: a `.npz` file that is written after every epoch and, where it exists, gone on from; a fit
    killed and gone on with ends with the weights of one never killed. Raises Diverged.
    """
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    optimizer = Descent(
        recipe.learning_rate, weight_decay=recipe.weight_decay, global_clipnorm=recipe.clip_norm
    )
    model = network.build(meta, optimizer)
    progress = _restore(checkpoint, model) if checkpoint and checkpoint.exists() else Progress()
    loop = Loop(network, data, model, meta, recipe, progress, watcher or Unwatched())
    validation = _validation_rows(splits["validation"], recipe)
    while not loop.finished:
        loop.run_epoch(splits["train"], validation)
        if checkpoint:
            _save(checkpoint, model, progress)
    # a model of its own, so that no optimizer state is saved with the weights
    best = network.build(meta)
    best.set_weights(progress.best)
    network.calibrate(best, splits["validation"], meta)
    return Fitted(best, progress.epochs)


@dataclass(frozen=True)
class Loop:
    """One fit in progress."""

    network: Network
    data: Data
    model: keras.Model
    meta: Meta
    recipe: Recipe
    progress: Progress
    watcher: Watcher

    @property
    def finished(self) -> bool:
        """Tell whether the epochs are spent, or patience is."""
        done = len(self.progress.epochs)
        if done == 0:
            return False
        idle = done - 1 - self.progress.best_epoch(self.data.goal.higher_is_better).epoch
        return done >= self.recipe.epochs or idle >= self.recipe.patience

    def run_epoch(self, training: Split, validation: Split) -> None:
        """Train on every row once, validate, and remember the weights where they are the best so far."""
        started, epoch = time.monotonic(), len(self.progress.epochs)
        loss, tokens = self._descend(training, epoch)
        score = self._validate(validation)
        row = Epoch(epoch, loss, float(self.model.optimizer.learning_rate), score)
        self.progress.epochs.append(row)
        if self.progress.best_epoch(self.data.goal.higher_is_better) is row:
            self.progress.best = self.model.get_weights()
        self.watcher.epoch(row, time.monotonic() - started, tokens)

    def _descend(self, split: Split, epoch: int) -> tuple[float, int]:
        lengths = self.network.lengths(split)
        batches = buckets(lengths, self.recipe.batch_size, self.recipe.seed, epoch)
        scores = [e.validation for e in self.progress.epochs]
        drops = plateaus(scores, self.data.goal.higher_is_better)
        _seed_dropout(self.model, self.recipe.seed, epoch)
        total = 0.0
        for place, rows in enumerate(batches):
            step = epoch * len(batches) + place
            self.model.optimizer.learning_rate = learning_rate(self.recipe, step, len(batches), drops)
            inputs, targets, weights = self.network.batch(split.take(rows), self.meta)
            loss = float(self.model.train_on_batch(inputs, targets, weights, return_dict=True)["loss"])
            if not math.isfinite(loss):
                raise Diverged(
                    f"the loss is no longer a number (epoch {epoch + 1}, batch {place + 1}). "
                    "Lower fit.learning_rate or fit.clip_norm."
                )
            total += loss * len(rows)
            self.watcher.batch(epoch, place, len(batches), int(lengths[rows].sum()), loss)
        return total / len(split), int(lengths.sum())

    def _validate(self, split: Split) -> float:
        predicted = self.network.validate(self.model, split, self.meta)
        scores = {s.name: s for s in self.data.score(predicted, split, self.meta)}
        return scores[self.data.goal.metric].point()


class Descent(keras.optimizers.AdamW):
    """AdamW on one device.

    Keras sums the gradients over devices by a custom gradient, and TensorFlow keeps every graph that has
    one for ever: a process that fits many models would grow by some 80 MB a model.
    """

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> Any:
        return grads_and_vars


def learning_rate(recipe: Recipe, step: int, steps: int, drops: int) -> float:
    """Return the rate of a step.

    step: counted from the start of the fit; steps: in one epoch; drops: plateaus met so far.
    """
    decay, epochs = recipe.decay, step / steps
    factor = 1.0
    if decay.kind == "exponential":
        factor = decay.rate**epochs
    elif decay.kind == "cosine":
        warm = recipe.warmup_steps
        part = min(max(step - warm, 0) / max(recipe.epochs * steps - warm, 1), 1.0)
        factor = decay.rate + (1 - decay.rate) * 0.5 * (1 + math.cos(math.pi * part))
    elif decay.kind == "plateau":
        factor = decay.rate**drops
    if step < recipe.warmup_steps:
        factor *= (step + 1) / recipe.warmup_steps
    return recipe.learning_rate * factor


def plateaus(scores: list[float], higher_is_better: bool, wait: int = 2) -> int:
    """Count how often `wait` epochs in a row brought no better score."""
    drops, idle, best = 0, 0, -math.inf
    for score in scores:
        gain = score if higher_is_better else -score
        idle = 0 if gain > best else idle + 1
        best = max(best, gain)
        if idle == wait:
            drops, idle = drops + 1, 0
    return drops


def _validation_rows(split: Split, recipe: Recipe) -> Split:
    if len(split) <= recipe.validation_rows:
        return split
    rows = np.random.default_rng(recipe.seed).permutation(len(split))[: recipe.validation_rows]
    return split.take(np.sort(rows))


def _seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Set every dropout mask from (seed, epoch, layer), so that a resumed epoch draws the same masks."""
    for place, state in enumerate(_seed_states(model)):
        drawn = np.random.default_rng([seed, epoch, place]).integers(0, 2**31, 2)
        state.assign(drawn.astype("uint32"))


def _seed_states(model: keras.Model) -> Iterator[keras.Variable]:
    return (v for v in model.variables if v.path.endswith("seed_generator_state"))


def _save(path: Path, model: keras.Model, progress: Progress) -> None:
    epochs = json.dumps([e.__dict__ for e in progress.epochs])
    arrays = {
        **_numbered("weight", model.get_weights()),
        **_numbered("best", progress.best),
        **_numbered("optimizer", [v.numpy() for v in model.optimizer.variables]),
        "epochs": np.frombuffer(epochs.encode(), np.uint8),
    }
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def _restore(path: Path, model: keras.Model) -> Progress:
    with np.load(path, allow_pickle=False) as arrays:
        model.set_weights(_ordered(arrays, "weight"))
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, _ordered(arrays, "optimizer"), strict=True):
            variable.assign(value)
        epochs = [Epoch(**e) for e in json.loads(arrays["epochs"].tobytes())]
        return Progress(epochs, _ordered(arrays, "best"))


def _numbered(name: str, arrays: Weights) -> dict[str, npt.NDArray[Any]]:
    return {f"{name}.{i}": a for i, a in enumerate(arrays)}


def _ordered(arrays: Any, name: str) -> Weights:
    count = sum(key.startswith(f"{name}.") for key in arrays.files)
    return [arrays[f"{name}.{i}"] for i in range(count)]
