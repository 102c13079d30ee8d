"""One fit of any kind of model: a network trained in epochs, a classical model fitted as a whole, or both."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqops.core.callbacks import MIXTURE, FitCallback, NullCallback, WholeFit
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta, Metrics, Model
from seqops.core.mixtures import Mixture
from seqops.core.predictors import ClassicalModel, Predictor
from seqops.core.ragged import Split
from seqops.core.score import Score, named
from seqops.core.settings import FitConfig
from seqops.training.loop import FittedModel, train, validation_rows


def fit_model(
    model: Model,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    fit_config: FitConfig,
    checkpoint: Path | None = None,
    callback: FitCallback | None = None,
) -> FittedModel:
    """Train a network as `train` does, or fit a classical model, of which `fit_config` sets nothing.

    A classical model is scored on the validation rows that score the epochs of a network.

    Of a mixture, the network is trained first. Raises ConfigError as `train`, and for a mixture that the
    encoding or `fit_config` rules out.
    """
    callback = callback or NullCallback()
    if isinstance(model, ClassicalModel):
        return _fit_whole(model, metrics, splits, meta, fit_config, callback)
    if isinstance(model, Mixture):
        return _fit_mixture(model, metrics, splits, meta, fit_config, checkpoint, callback)
    return train(model, metrics, splits, meta, fit_config, checkpoint, callback)


def _fit_whole(
    classical: ClassicalModel,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    fit_config: FitConfig,
    callback: FitCallback,
) -> FittedModel:
    started = time.monotonic()
    fitted = classical.fit(metrics, splits, meta)
    rows = validation_rows(splits["validation"], fit_config)
    score = _goal_score(classical, fitted, metrics, rows, meta)
    row = WholeFit(1, None, None, score.point())
    callback.on_epoch_end(row, time.monotonic() - started, 0)
    return FittedModel(fitted, [row], row, None, score)


def _fit_mixture(
    mixture: Mixture,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    fit_config: FitConfig,
    checkpoint: Path | None,
    callback: FitCallback,
) -> FittedModel:
    """Train the network, resumed from its checkpoint, then fit the classical model and the weights."""
    mixture.check(meta)
    if fit_config.refit:
        raise ConfigError(
            "fit.refit: a mixture needs validation rows that neither of its models has seen. Set it to false."
        )
    trained = train(mixture.network, metrics, splits, meta, fit_config, checkpoint, callback)
    started, best = time.monotonic(), trained.best_epoch
    mixed = mixture.mix(trained.model, metrics, splits, meta)
    rows = validation_rows(splits["validation"], fit_config)
    score = _goal_score(mixture, mixed, metrics, rows, meta).point()
    row = WholeFit(best.epoch, None, None, score, best.stage, MIXTURE)
    callback.on_epoch_end(row, time.monotonic() - started, 0)
    return replace(trained, model=mixed, best_epoch=replace(best, validation=score))


def _goal_score(predictor: Predictor, model: Any, metrics: Metrics, rows: Split, meta: Meta) -> Score:
    scores = metrics.score(predictor.validate(model, rows, meta), rows, meta)
    return named(scores, metrics.goal.metric)
