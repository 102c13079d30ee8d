"""The optimizers, with frozen layers, a learning rate per layer and an average of the weights."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import keras

from seqops.core.errors import ConfigError
from seqops.core.settings import FitConfig, OptimizerName, Stage


class Layerwise(keras.optimizers.Optimizer):
    """An optimizer on one device, with a share of the learning rate per variable.

    Keras sums the gradients over devices with a custom gradient, and TensorFlow never frees a graph that
    has one: a process that fits many models would grow by about 80 MB per model.
    """

    learning_rate_shares: Mapping[Any, float] = MappingProxyType({})
    """By the reference of each trainable variable; empty: the full rate for all of them."""

    @property
    def ema_momentum(self) -> Any:
        """The decay of the average of the weights, lower in the first steps, so that it forgets the start.

        min(decay, (1 + t) / (10 + t)) at step t, as tf.train.ExponentialMovingAverage with `num_updates`.
        """
        step = keras.ops.cast(self.iterations, "float32")
        return keras.ops.minimum(self._ema_decay, (1 + step) / (10 + step))

    @ema_momentum.setter
    def ema_momentum(self, decay: float) -> None:
        self._ema_decay = decay

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable."""
        if self.learning_rate_shares:
            learning_rate = learning_rate * self.learning_rate_shares[variable.ref()]
        super().update_step(gradient, variable, learning_rate)

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> Any:
        return grads_and_vars


class AdamW(Layerwise, keras.optimizers.AdamW):
    """Adam with a weight decay apart from the gradient (Loshchilov and Hutter 2019)."""


class Nadam(Layerwise, keras.optimizers.Nadam):
    """Adam with Nesterov momentum (Dozat 2016)."""


class RMSprop(Layerwise, keras.optimizers.RMSprop):
    """Gradients over the root of their mean square (Hinton 2012)."""


class SGD(Layerwise, keras.optimizers.SGD):
    """Stochastic gradient descent; with a momentum of 0.9."""


OPTIMIZERS: dict[OptimizerName, tuple[type[Layerwise], dict[str, float]]] = {
    "adamw": (AdamW, {}),
    "nadam": (Nadam, {}),
    "rmsprop": (RMSprop, {}),
    "sgd": (SGD, {"momentum": 0.9}),
}


def optimizer_of(fit_config: FitConfig) -> Layerwise:
    """Return a new optimizer with the settings of a fit."""
    kind, settings = OPTIMIZERS[fit_config.optimizer]
    return kind(
        learning_rate=fit_config.learning_rate,
        weight_decay=fit_config.weight_decay,
        global_clipnorm=fit_config.clip_norm,
        use_ema=fit_config.ema > 0,
        ema_momentum=fit_config.ema,
        **settings,
    )


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[bool]:
    """Give the model the average of its weights, and then its own again; False: the optimizer keeps none."""
    optimizer = model.optimizer
    if not (optimizer.use_ema and optimizer.built):
        yield False
        return
    own = [variable.numpy() for variable in model.trainable_variables]
    optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield True
    finally:
        for variable, value in zip(model.trainable_variables, own, strict=True):
            variable.assign(value)


def freeze_and_scale(model: keras.Model, stage: Stage) -> None:
    """Freeze the layers that the stage does not train, and set the others' shares of the learning rate.

    Raises ConfigError for a layer that the model does not have.
    """
    if not stage.layers:
        return
    variables = model.trainable_variables
    layers = [_layer_index(variable, stage.layers) for variable in variables]
    for index, name in enumerate(stage.layers):
        if index not in layers:
            known = ", ".join(dict.fromkeys(part for v in variables for part in _parts(v)))
            raise ConfigError(f"fit.stages: the model has no layer {name!r} to train. It has: {known}.")
    top, shares = len(stage.layers) - 1, {}
    for variable, layer in zip(variables, layers, strict=True):
        variable.trainable = layer is not None
        if layer is not None:
            shares[variable.value.ref()] = stage.layer_lr_decay ** (layer - top)
    model.optimizer.learning_rate_shares = shares


def trained_size(model: keras.Model, stages: Sequence[Stage]) -> int:
    """Count the numbers in the trainable weights of a model that any of the stages trains."""
    named = [stage.layers for stage in stages]
    return sum(
        math.prod(variable.shape)
        for variable in model.trainable_variables
        if not all(named) or any(_layer_index(variable, layers) is not None for layers in named)
    )


def copy_shared_weights(model: keras.Model, donor: keras.Model) -> int:
    """Copy the variables that both models share, by path in the model and by shape; returns their number."""
    sources = {(_path_within(v, donor), v.shape): v for v in donor.variables}
    keys = [(v, (_path_within(v, model), v.shape)) for v in model.variables]
    shared = [(variable, sources[key]) for variable, key in keys if key in sources]
    for variable, source in shared:
        variable.assign(source)
    return len(shared)


def _parts(variable: Any) -> Sequence[str]:
    """List the layers that a variable belongs to, from the outermost to its own."""
    return str(variable.path).split("/")[:-1]


def _layer_index(variable: Any, layers: Sequence[str]) -> int | None:
    found = (index for index, name in enumerate(layers) if fnmatch.filter(_parts(variable), name))
    return next(found, None)


def _path_within(variable: Any, model: keras.Model) -> str:
    return str(variable.path).removeprefix(f"{model.name}/")
