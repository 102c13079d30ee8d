"""The second fit of `fit.refit`: on training and validation rows, for as many epochs as were best."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras

from seqops.core.callbacks import EpochResult, FitCallback
from seqops.core.interfaces import Meta, Metrics, Network
from seqops.core.objective import Objective
from seqops.core.ragged import Split, concatenate
from seqops.core.settings import FitConfig
from seqops.training.checkpoint import read_checkpoint, restore, save_checkpoint
from seqops.training.loop import FittedModel, StageLoop
from seqops.training.optimizer import averaged_weights, optimizer_of


class BatchesOnly:
    """Forwards the batches of a fit whose epochs have no score of their own."""

    def __init__(self, then: FitCallback) -> None:
        self._then = then

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Forward the batch."""
        self._then.on_batch_end(epoch, batch, batches, tokens, loss)

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Do nothing."""


def refit(
    network: Network,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    fit_config: FitConfig,
    fitted: FittedModel,
    checkpoint: Path | None,
    callback: FitCallback,
) -> FittedModel:
    """Train the initial model on training and validation rows for as many epochs as the best one took.

    The scores and what the network calibrated on the validation rows are those of the first fit, because the
    second has seen these rows. Nothing is trained where the initial model was the best.
    """
    if not fitted.best_epoch.trained:
        return fitted
    first = [row for row in fitted.epochs if row.trained][: fitted.best_epoch.epoch]
    progress = read_checkpoint(checkpoint)
    keras.utils.set_random_seed(fit_config.seed)
    model = network.build(meta, optimizer_of(fit_config))
    network.load_pretrained(model, meta)
    if progress.epochs:
        restore(model, progress, fit_config.adapter)
    objective = Objective(network, metrics.goal, metrics.score)
    [stage] = fit_config.plan()
    loop = StageLoop(objective, model, meta, fit_config, 0, stage, progress, BatchesOnly(callback))
    rows = network.training_rows(concatenate([splits["train"], splits["validation"]]))
    for row in first[len(progress.epochs) :]:
        loss, _ = loop.train_epoch(rows, row.epoch)
        # the score of the same epoch of the first fit, which may set the learning rate
        progress.epochs.append(replace(row, loss=loss))
        if checkpoint:
            save_checkpoint(checkpoint, model, progress, fit_config.adapter)
    weights = model.get_weights()
    with averaged_weights(model):
        if fitted.best_epoch.averaged:
            weights = model.get_weights()
    # a new model, so that no optimizer state is saved with the weights
    refitted = network.build(meta)
    refitted.set_weights(weights)
    calibrated = fitted.model.non_trainable_variables
    for variable, value in zip(refitted.non_trainable_variables, calibrated, strict=True):
        variable.assign(value)
    return replace(fitted, model=refitted)
