"""One fit of any kind of model: a network trained in epochs, or a classical model fitted as a whole."""

from __future__ import annotations

import time
from pathlib import Path

from seqops.core.callbacks import FitCallback, NullCallback, WholeFit
from seqops.core.interfaces import Meta, Metrics, Model
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Split
from seqops.core.settings import FitConfig
from seqops.training.loop import FittedModel, train


def fit_model(
    model: Model,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    fit_config: FitConfig,
    checkpoint: Path | None = None,
    callback: FitCallback | None = None,
) -> FittedModel:
    """Train a network as `train` does, or fit a classical model, for which `fit_config` has no meaning."""
    if isinstance(model, ClassicalModel):
        return _fit_whole(model, metrics, splits, meta, callback or NullCallback())
    return train(model, metrics, splits, meta, fit_config, checkpoint, callback)


def _fit_whole(
    classical: ClassicalModel,
    metrics: Metrics,
    splits: dict[str, Split],
    meta: Meta,
    callback: FitCallback,
) -> FittedModel:
    started, validation = time.monotonic(), splits["validation"]
    fitted = classical.fit(metrics, splits, meta)
    scores = metrics.score(classical.validate(fitted, validation, meta), validation, meta)
    score = next(score for score in scores if score.name == metrics.goal.metric)
    row = WholeFit(1, None, None, score.point())
    callback.on_epoch_end(row, time.monotonic() - started, 0)
    return FittedModel(fitted, [row], row, None, score)
