"""The training loop: seeded, resumable at every epoch, never a step spent on padding."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from seqops.core.callbacks import GOAL, Epoch, Unwatched, Watcher
from seqops.core.errors import BadParams, SeqopsError
from seqops.core.interfaces import Meta, Metrics, Network, Pretext
from seqops.core.ragged import Split
from seqops.core.settings import Recipe, Stage
from seqops.nn.batching import buckets
from seqops.training.checkpoint import Progress, Weights, _read, _resume, _save
from seqops.training.learning_rate import learning_rate, plateaus
from seqops.training.optimizer import Descent, adopt, choose


class Diverged(SeqopsError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Fitted:
    """A trained model holding the weights of its best epoch."""

    model: keras.Model
    epochs: list[Epoch]


def train(
    network: Network,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    recipe: Recipe,
    checkpoint: Path | None = None,
    watcher: Watcher | None = None,
) -> Fitted:
    """Fit to the training rows, stop early by the goal's score on validation rows, keep the best weights.

    checkpoint: a `.npz` file that is written after every epoch and, where it exists, gone on from; a fit
    killed and gone on with ends with the weights of one never killed. Raises Diverged, and BadParams for
    stages that the network cannot learn by.
    """
    tf.config.experimental.enable_op_determinism()
    progress = _read(checkpoint) if checkpoint and checkpoint.exists() else Progress()
    plan = recipe.plan()
    if plan[-1].learns != GOAL:
        raise BadParams("fit.stages: the last stage must learn the goal.")
    subjects = [_subject(network, metrics, stage) for stage in plan]
    for number, (stage, subject) in enumerate(zip(plan, subjects, strict=True)):
        own = replace(recipe, epochs=stage.epochs, learning_rate=stage.learning_rate, stages=())
        if _finished(progress, number, own, subject.goal.higher_is_better):
            continue
        keras.utils.set_random_seed(recipe.seed)
        model = subject.network.build(meta, Descent(own))
        choose(model, stage)
        if progress.of_stage(number):
            _resume(model, progress)
        elif number:
            _inherit(model, subject, subjects[number - 1], meta, progress.best)
        loop = Loop(subject, model, meta, own, number, stage, progress, watcher or Unwatched())
        training = subject.network.learns_from(splits["train"])
        validation = _validation_rows(splits["validation"], own)
        while not _finished(progress, number, own, subject.goal.higher_is_better):
            loop.run_epoch(training, validation)
            if checkpoint:
                _save(checkpoint, model, progress)
    # a model of its own, so that no optimizer state is saved with the weights
    best = network.build(meta)
    best.set_weights(progress.best)
    network.calibrate(best, splits["validation"], meta)
    return Fitted(best, progress.epochs)


def _subject(network: Network, metrics: Metrics, stage: Stage) -> Pretext:
    """Return what a stage learns. Raises BadParams where the network has no pretext."""
    if stage.learns == GOAL:
        return Pretext(network, metrics.goal, metrics.score)
    pretext = network.pretext()
    if pretext is None:
        raise BadParams(
            "fit.stages: this model learns no pretext. Take that stage out, or change model.kind."
        )
    return pretext


def _finished(progress: Progress, number: int, recipe: Recipe, higher_is_better: bool) -> bool:
    """Tell whether the epochs of a stage are spent, or patience is."""
    if progress.epochs and progress.epochs[-1].stage > number:
        return True
    done = progress.of_stage(number)
    if not done:
        return False
    best = progress.best_epoch(higher_is_better).epoch
    idle = sum(e.epoch > best for e in done)
    return len(done) >= recipe.epochs or idle >= recipe.patience


def _inherit(model: keras.Model, subject: Pretext, before: Pretext, meta: Meta, best: Weights) -> None:
    """Go on from the best weights of the stage before: all, or those that its model shares with this one."""
    if before.network == subject.network:
        model.set_weights(best)
        return
    donor = before.network.build(meta)
    donor.set_weights(best)
    if not adopt(model, donor):
        raise BadParams("fit.stages: the pretext shares no layer with this model.")


@dataclass(frozen=True)
class Loop:
    """One stage in progress."""

    subject: Pretext
    model: keras.Model
    meta: Meta
    recipe: Recipe
    number: int
    stage: Stage
    progress: Progress
    watcher: Watcher

    def run_epoch(self, training: Split, validation: Split) -> None:
        """Train on every row once, validate, and remember the weights where they are the best so far."""
        started, epoch = time.monotonic(), len(self.progress.epochs)
        loss, tokens = self._descend(training, epoch)
        score = self._validate(validation)
        rate = float(self.model.optimizer.learning_rate)
        row = Epoch(epoch, loss, rate, score, self.number, self.stage.learns)
        self.progress.epochs.append(row)
        if self.progress.best_epoch(self.subject.goal.higher_is_better) is row:
            self.progress.best = self.model.get_weights()
        self.watcher.epoch(row, time.monotonic() - started, tokens)

    def _descend(self, split: Split, epoch: int) -> tuple[float, int]:
        lengths = self.subject.network.lengths(split)
        batches = self.subject.network.order(split, self.recipe.batch_size)
        if batches is None:
            batches = buckets(lengths, self.recipe.batch_size, self.recipe.seed, epoch)
        earlier = self.progress.of_stage(self.number)
        drops = plateaus([e.validation for e in earlier], self.subject.goal.higher_is_better)
        _seed_dropout(self.model, self.recipe.seed, epoch)
        total = 0.0
        for place, rows in enumerate(batches):
            step = len(earlier) * len(batches) + place
            self.model.optimizer.learning_rate = learning_rate(self.recipe, step, len(batches), drops)
            inputs, targets, weights = self.subject.network.batch(split.take(rows), self.meta)
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
        predicted = self.subject.network.validate(self.model, split, self.meta)
        scores = {s.name: s for s in self.subject.score(predicted, split, self.meta)}
        return scores[self.subject.goal.metric].point()


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
