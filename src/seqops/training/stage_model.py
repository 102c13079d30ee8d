"""The model of a stage of a fit: its adapters, what is frozen, and the weights it starts from."""

from __future__ import annotations

import keras

from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta, Network
from seqops.core.objective import Objective
from seqops.core.settings import FitConfig, Stage
from seqops.training.adapters import attach
from seqops.training.checkpoint import Weights
from seqops.training.frozen_statistics import freeze_statistics
from seqops.training.optimizer import copy_shared_weights, freeze_and_scale, optimizer_of


def stage_model(network: Network, meta: Meta, fit_config: FitConfig, stage: Stage) -> keras.Model:
    """Build and compile the model with its pretrained weights and adapters, and freeze what a stage does."""
    keras.utils.set_random_seed(fit_config.seed)
    model = network.build(meta, optimizer_of(fit_config))
    network.load_pretrained(model, meta)
    attach(model, fit_config.adapter)
    freeze_and_scale(model, stage)
    freeze_statistics(model)
    return model


def transfer(
    model: keras.Model, objective: Objective, previous: Objective, meta: Meta, best: Weights
) -> None:
    """Load the best weights of the previous stage: all, or those that both models share.

    Raises ConfigError if they share none.
    """
    if previous.network == objective.network:
        model.set_weights(best)
        return
    donor = previous.network.build(meta)
    donor.set_weights(best)
    if not copy_shared_weights(model, donor):
        raise ConfigError("fit.stages: the pretext model shares no layer with this model. Remove its stage.")
