"""The training loop: seeded, and resumable after every epoch."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqops.core.array_cache import ArrayCache
from seqops.core.callbacks import GOAL, EpochResult, FitCallback, NullCallback
from seqops.core.errors import ConfigError, SeqopsError
from seqops.core.interfaces import Meta, Metrics, Network
from seqops.core.objective import Objective
from seqops.core.ragged import Split
from seqops.core.score import Score
from seqops.core.settings import FitConfig, Stage
from seqops.nn.batching import buckets
from seqops.training.adapters import attach, merge
from seqops.training.checkpoint import (
    FitState,
    Weights,
    best_row,
    read_checkpoint,
    restore,
    save_checkpoint,
    set_weights,
    weights_of,
)
from seqops.training.learning_rate import learning_rate, plateaus
from seqops.training.optimizer import averaged_weights, trained_size
from seqops.training.stage_model import stage_model, transfer


class NonFiniteLossError(SeqopsError):
    """The loss is NaN or infinite."""


@dataclass(frozen=True)
class FittedModel:
    """A trained model with the weights of its best epoch.

    model: a `keras.Model`, a classical one, or a mixture; epochs: the history with the starts; best_epoch:
    the row whose weights the model has; initial, best: the goal's scores of the initial model (None: there is
    none) and of `model` on the validation rows; trained_parameters: the numbers that were trained, those
    of adapters among them. All but the score of `best_epoch` is of the network, if the model is a mixture.
    """

    model: Any
    epochs: list[EpochResult]
    best_epoch: EpochResult
    initial: Score | None
    best: Score
    trained_parameters: int | None = None


def train(
    network: Network,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    fit_config: FitConfig,
    checkpoint: Path | None = None,
    callback: FitCallback | None = None,
) -> FittedModel:
    """Fit to the training rows, stop early by the goal's score on validation rows, keep the best weights.

    The initial model, before any stage, is scored too. The start of the stages of the goal is one of the
    candidates for the best weights, but does not count for the patience.

    checkpoint: a `.npz` file that is written after every epoch and, if it exists, resumed from; a resumed
    fit ends with the same weights as an uninterrupted one. Raises NonFiniteLossError, and ConfigError for
    stages that the network cannot be trained with.
    """
    tf.config.experimental.enable_op_determinism()
    progress = read_checkpoint(checkpoint)
    callback = callback or NullCallback()
    plan = fit_config.plan()
    if plan[-1].objective != GOAL:
        raise ConfigError("fit.stages: the last stage must have `objective: goal`.")
    objectives = [_objective(network, metrics, stage) for stage in plan]
    goal, validation = objectives[-1], validation_rows(splits["validation"], fit_config)
    if plan[0].objective != GOAL and not progress.epochs:
        keras.utils.set_random_seed(fit_config.seed)
        initial = network.build(meta)
        network.load_pretrained(initial, meta)
        StageLoop(goal, initial, meta, fit_config, 0, plan[-1], progress, callback).score_start(validation)
    for number, (stage, objective) in enumerate(zip(plan, objectives, strict=True)):
        stage_config = replace(fit_config, epochs=stage.epochs, learning_rate=stage.learning_rate, stages=())
        if _finished(progress, number, stage_config, objective.goal.higher_is_better):
            continue
        model = stage_model(objective.network, meta, stage_config, stage)
        if progress.of_stage(number):
            restore(model, progress, fit_config.adapter)
        elif number:
            transfer(model, objective, objectives[number - 1], meta, progress.best)
        training, held_out = objective.network.training_rows(splits["train"]), validation
        if frozen := objective.network.frozen_features(model, meta):
            cache = ArrayCache(checkpoint.parent / "features" if checkpoint else None)
            training, held_out = (frozen.encode(rows, cache) for rows in (training, held_out))
        loop = StageLoop(
            objective, model, meta, stage_config, number, stage, progress, callback, frozen and frozen.upper
        )
        if stage.objective == GOAL and (not progress.epochs or progress.epochs[-1].objective != GOAL):
            loop.score_start(held_out)
        while not _finished(progress, number, stage_config, objective.goal.higher_is_better):
            loop.run_epoch(training, held_out)
            if checkpoint:
                save_checkpoint(checkpoint, model, progress, fit_config.adapter)
    best, trained = merged_model(network, meta, fit_config, progress.best)
    score = _goal_score(goal, best, validation, meta)
    network.calibrate(best, splits["validation"], meta)
    best_epoch = progress.best_epoch(goal.goal.higher_is_better)
    return FittedModel(
        best, progress.epochs, best_epoch, replace(score, statistics=progress.initial), score, trained
    )


def _objective(network: Network, metrics: Metrics, stage: Stage) -> Objective:
    """Return the objective of a stage. Raises ConfigError if the network has no pretext task."""
    if stage.objective == GOAL:
        return Objective(network, metrics.goal, metrics.score)
    pretext = network.pretext()
    if pretext is None:
        raise ConfigError(
            "fit.stages: this model has no pretext task. Remove that stage, or change model.kind."
        )
    return pretext


def _finished(progress: FitState, number: int, fit_config: FitConfig, higher_is_better: bool) -> bool:
    """Return whether a stage has used up its epochs or its patience."""
    if progress.epochs and progress.epochs[-1].stage > number:
        return True
    done = progress.of_stage(number)
    if not done:
        return False
    best = progress.best_trained(higher_is_better).epoch
    idle = sum(e.epoch > best for e in done)
    return len(done) >= fit_config.epochs or idle >= fit_config.patience


def merged_model(
    network: Network, meta: Meta, fit_config: FitConfig, weights: Weights
) -> tuple[keras.Model, int]:
    """Return a new model, adapters merged, and how many numbers were trained.

    It is new so that no optimizer state is saved with its weights.
    """
    best = network.build(meta)
    if fit_config.adapter.kind == "none":
        best.set_weights(weights)
        return best, trained_size(best, fit_config.plan())
    # the frozen weights that were drawn, not read, are drawn again
    keras.utils.set_random_seed(fit_config.seed)
    adapted = network.build(meta)
    network.load_pretrained(adapted, meta)
    attach(adapted, fit_config.adapter)
    set_weights(adapted, weights, fit_config.adapter)
    merge(adapted, best)
    return best, trained_size(adapted, fit_config.plan())


@dataclass(frozen=True)
class StageLoop:
    """One stage in progress; upper: the layers that read the rows, if frozen ones have read them before."""

    objective: Objective
    model: keras.Model
    meta: Meta
    fit_config: FitConfig
    number: int
    stage: Stage
    progress: FitState
    callback: FitCallback
    upper: keras.Model | None = None

    @property
    def reader(self) -> keras.Model:
        """The model that batches are given to."""
        return self.model if self.upper is None else self.upper

    def score_start(self, validation: Split) -> None:
        """Score the model that is not yet trained for this objective, and keep its weights."""
        started = time.monotonic()
        score = _goal_score(self.objective, self.reader, validation, self.meta)
        if not self.progress.epochs:
            self.progress.initial = score.statistics
        row = EpochResult(
            len(self.progress.trained), None, None, score.point(), self.number, self.stage.objective
        )
        self._record(row, self._weights(), started, 0)

    def run_epoch(self, training: Split, validation: Split) -> None:
        """Train on every row once, validate, and keep the weights if they are the best so far.

        Of the model's own weights and their average, if there is one, those that score better count.
        """
        started = time.monotonic()
        epoch = len(self.progress.trained) + 1
        loss, tokens = self.train_epoch(training, epoch)
        rate, score = float(self.model.optimizer.learning_rate), self._point(validation)
        row = EpochResult(epoch, loss, rate, score, self.number, self.stage.objective)
        weights = self._weights()
        with averaged_weights(self.model) as averaged:
            if averaged:
                average = replace(row, validation=self._point(validation), averaged=True)
                if best_row([row, average], self.objective.goal.higher_is_better) is average:
                    row, weights = average, self._weights()
        self._record(row, weights, started, tokens)

    def _weights(self) -> Weights:
        return weights_of(self.model, self.fit_config.adapter)

    def _point(self, validation: Split) -> float:
        return _goal_score(self.objective, self.reader, validation, self.meta).point()

    def _record(self, row: EpochResult, weights: Weights, started: float, tokens: int) -> None:
        self.progress.epochs.append(row)
        if self.progress.best_epoch(self.objective.goal.higher_is_better) is row:
            self.progress.best = weights
        self.callback.on_epoch_end(row, time.monotonic() - started, tokens)

    def train_epoch(self, split: Split, epoch: int) -> tuple[float, int]:
        """Train on every row of a split once; return the mean loss and the number of length units."""
        lengths = self.objective.network.lengths(split)
        batches = self.objective.network.order(split, self.fit_config.batch_size)
        if batches is None:
            batches = buckets(lengths, self.fit_config.batch_size, self.fit_config.seed, epoch - 1)
        earlier = self.progress.of_stage(self.number)
        drops = plateaus([e.validation for e in earlier], self.objective.goal.higher_is_better)
        _seed_dropout(self.model, self.fit_config.seed, epoch - 1)
        total = 0.0
        for batch, rows in enumerate(batches):
            step = len(earlier) * len(batches) + batch
            self.model.optimizer.learning_rate = learning_rate(self.fit_config, step, len(batches), drops)
            inputs, targets, weights = self.objective.network.batch(split.take(rows), self.meta)
            loss = float(self.reader.train_on_batch(inputs, targets, weights, return_dict=True)["loss"])
            if not math.isfinite(loss):
                raise NonFiniteLossError(
                    f"the loss is NaN or infinite (epoch {epoch}, batch {batch + 1}). "
                    "Lower fit.learning_rate or fit.clip_norm."
                )
            total += loss * len(rows)
            self.callback.on_batch_end(epoch, batch, len(batches), int(lengths[rows].sum()), loss)
        return total / len(split), int(lengths.sum())


def _goal_score(objective: Objective, model: keras.Model, split: Split, meta: Meta) -> Score:
    predicted = objective.network.validate(model, split, meta)
    scores = {s.name: s for s in objective.score(predicted, split, meta)}
    return scores[objective.goal.metric]


def validation_rows(split: Split, fit_config: FitConfig) -> Split:
    """Return the rows on which the epochs are scored: at most `fit.validation_rows`, drawn by the seed."""
    if len(split) <= fit_config.validation_rows:
        return split
    rows = np.random.default_rng(fit_config.seed).permutation(len(split))[: fit_config.validation_rows]
    return split.take(np.sort(rows))


def _seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Seed every dropout layer from (seed, epoch, layer), so that a resumed epoch draws the same masks."""
    states = (v for v in model.variables if v.path.endswith("seed_generator_state"))
    for layer, state in enumerate(states):
        value = np.random.default_rng([seed, epoch, layer]).integers(0, 2**31, 2)
        state.assign(value.astype("uint32"))
