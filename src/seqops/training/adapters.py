"""Low-rank adapters: attached to layers of a model before a fit, and merged into its weights afterwards.

LoRA: Hu et al. 2021. QLoRA: Dettmers et al. 2023, here with int8 weights. DoRA: Liu et al. 2024.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from seqops.core.adapter import Adapter
from seqops.core.errors import ConfigError
from seqops.nn.dora import DoraDense

Layer = Any
ADAPTABLE = (keras.layers.Dense, keras.layers.Embedding)


def attach(model: keras.Model, adapter: Adapter) -> None:
    """Freeze a model but for the layers trained in full, and add adapters, which change no output yet.

    With `qlora`, the frozen weights are first rounded to int8. Raises ConfigError for a layer that the model
    does not have, or that takes no adapter.
    """
    if adapter.kind == "none":
        return
    layers = list(sublayers(model))
    named = _of_names(layers, adapter.layers, "layers")
    in_full = {id(variable) for layer in named for variable in layer.weights}
    targets = [
        layer for layer in _of_names(layers, adapter.targets, "targets") if not _within(layer, in_full)
    ]
    kinds = (keras.layers.Dense,) if adapter.kind == "dora" else ADAPTABLE
    for layer in targets:
        if not isinstance(layer, kinds):
            raise ConfigError(
                f"fit.adapter.targets: the layer {layer.name!r} is of the kind {type(layer).__name__}, for "
                f"which there is no {adapter.kind}. Name layers of the kind "
                f"{' or '.join(kind.__name__ for kind in kinds)}."
            )
    for variable in model.trainable_variables:
        variable.trainable = id(variable) in in_full
    if adapter.kind == "qlora":
        for layer in layers:
            if isinstance(layer, ADAPTABLE) and not _within(layer, in_full):
                _quantize(layer)
    for layer in targets:
        if adapter.kind == "dora":
            DoraDense.adapt(layer, adapter.rank, adapter.alpha)
        else:
            layer.enable_lora(adapter.rank, adapter.alpha)


def kept_variables(model: keras.Model, adapter: Adapter) -> list[Any]:
    """List the variables that a fit may change: all, or of adapters and of layers trained in full."""
    if adapter.kind == "none":
        return list(model.weights)
    named = [layer for layer in sublayers(model) if layer.name in adapter.layers]
    in_full = {id(variable) for layer in named for variable in layer.weights}
    return [v for v in model.weights if v.trainable or id(v) in in_full]


def merge(adapted: keras.Model, plain: keras.Model) -> None:
    """Give a model the weights of one of the same build that has adapters, with the adapters merged.

    What was rounded to int8 stays rounded.
    """
    for source, target in zip(sublayers(adapted), sublayers(plain), strict=True):
        if isinstance(source, ADAPTABLE):
            _table(target).assign(_merged_table(source))
            if getattr(source, "bias", None) is not None:
                target.bias.assign(source.bias)
        else:
            for variable, value in zip(_own_weights(target), _own_weights(source), strict=True):
                variable.assign(value)


def sublayers(layer: Layer) -> Iterator[Layer]:
    """Yield all layers within a layer, each once, in the order in which they were assigned."""
    yield from _sublayers(layer, set())


def _sublayers(layer: Layer, seen: set[int]) -> Iterator[Layer]:
    for inner in _layers_in([*vars(layer).values()]):
        if id(inner) not in seen:
            seen.add(id(inner))
            yield inner
            yield from _sublayers(inner, seen)


def _layers_in(values: Sequence[Any]) -> Iterator[Layer]:
    for value in values:
        if isinstance(value, keras.layers.Layer):
            yield value
        elif isinstance(value, list | tuple):
            yield from _layers_in(value)
        elif isinstance(value, dict):
            yield from _layers_in([*value.values()])


def _of_names(layers: Sequence[Layer], names: Sequence[str], key: str) -> list[Layer]:
    for name in names:
        if name not in {layer.name for layer in layers}:
            known = ", ".join(dict.fromkeys(layer.name for layer in layers if layer.weights))
            raise ConfigError(f"fit.adapter.{key}: the model has no layer {name!r}. It has: {known}.")
    return [layer for layer in layers if layer.name in names]


def _within(layer: Layer, variables: set[int]) -> bool:
    return any(id(variable) in variables for variable in layer.weights)


def _own_weights(layer: Layer) -> list[Any]:
    inner = {id(variable) for part in sublayers(layer) for variable in part.weights}
    return [variable for variable in layer.weights if id(variable) not in inner]


def _quantize(layer: Layer) -> None:
    """Round the weights of a layer to int8, with a scale for each output or row; activations stay."""
    config = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
    layer.quantize("int8", type_check=False, config=config)


def _table(layer: Layer) -> Any:
    """Return the stored weights of a layer, without its adapter."""
    return next(v for v in layer.weights if v.name in ("kernel", "embeddings"))


def _merged_table(layer: Layer) -> npt.NDArray[np.float32]:
    """Return the weights of a layer as they act, with its adapter: (inputs, units) or (rows, width)."""
    dense = isinstance(layer, keras.layers.Dense)
    if layer.quantization_mode is None:
        return np.asarray(keras.ops.convert_to_numpy(layer.kernel if dense else layer.embeddings))
    # the properties of a rounded layer add its adapter to the integers
    integers = _table(layer).numpy().astype(np.float32)
    scale = (layer.kernel_scale if dense else layer.embeddings_scale).numpy()
    rounded: npt.NDArray[np.float32] = integers / (scale if dense else scale[:, None])
    if not layer.lora_enabled:
        return rounded
    name = "lora_kernel" if dense else "lora_embeddings"
    a, b = (getattr(layer, f"{name}_{part}").numpy() for part in "ab")
    return np.asarray(rounded + layer.lora_alpha / layer.lora_rank * (a @ b), np.float32)
