"""The BERT encoder (Devlin et al. 2019): embeddings, post-norm transformer layers, mean pooling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from seqops.core.errors import DataError
from seqops.nn.transformer import MultiHead, by_rows, padding

Tensor = Any
Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class BertSizes:
    """The sizes of a published BERT: of its `config.json`, under the names there."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    layer_norm_eps: float

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> Self:
        """Read the sizes. Raises DataError for another architecture."""
        expected = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
        for key, value in expected.items():
            if config.get(key, value) != value:
                raise DataError(
                    f"the pretrained weights have {key} {config[key]!r}; an encoder must have {value!r}."
                )
        try:
            return cls(**{name: config[name] for name in cls.__dataclass_fields__})
        except KeyError as error:
            raise DataError(f"the configuration of the pretrained weights has no {error}.") from None


class BertLayer(keras.layers.Layer):
    """Self-attention and feed-forward, each added to its input and then normalised."""

    def __init__(self, sizes: BertSizes, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.inner = sizes.hidden_size, sizes.intermediate_size
        self.attention = MultiHead(self.width, sizes.num_attention_heads, name="attention")
        self.widen = keras.layers.Dense(self.inner, activation="gelu", name="widen")
        self.narrow = keras.layers.Dense(self.width, name="narrow")
        self.norms = [_norm(sizes, f"norm_{branch}") for branch in ("attention", "feed_forward")]
        self.drops = [
            keras.layers.Dropout(dropout, name=f"drop_{branch}") for branch in ("attention", "feed_forward")
        ]

    def build(self, shape: Any = None) -> None:
        """Create all weights."""
        self.attention.build()
        self.widen.build((None, self.width))
        self.narrow.build((None, self.inner))
        for norm in self.norms:
            norm.build((None, None, self.width))
        self.built = True

    def call(self, x: Tensor, bias: Tensor, training: bool = False) -> Tensor:
        """Read x (B, T, D); bias: that of the padding."""
        found, _ = self.attention(x, self.attention.project(x), bias)
        x = self.norms[0](x + self.drops[0](found, training=training))
        found = by_rows(self.narrow, by_rows(self.widen, x))
        return self.norms[1](x + self.drops[1](found, training=training))


class Bert(keras.layers.Layer):
    """Read pieces (B, T), right-padded with 0, and return the mean of the real positions: (B, D)."""

    def __init__(self, sizes: BertSizes, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = sizes
        self.words = keras.layers.Embedding(sizes.vocab_size, sizes.hidden_size, name="words")
        self.positions = keras.layers.Embedding(
            sizes.max_position_embeddings, sizes.hidden_size, name="positions"
        )
        self.norm = _norm(sizes, "norm")
        self.drop = keras.layers.Dropout(dropout, name="drop")
        self.stack = [
            BertLayer(sizes, dropout, name=f"layer_{number}") for number in range(sizes.num_hidden_layers)
        ]

    def build(self, shape: Any = None) -> None:
        """Create all weights."""
        for layer in (self.words, self.positions, *self.stack):
            layer.build(shape)
        self.norm.build((None, None, self.sizes.hidden_size))
        self.built = True

    def call(self, pieces: Tensor, training: bool = False) -> Tensor:
        """Return the mean-pooled states of the last layer: (B, D)."""
        # without it, TensorFlow optimises the graph of the first batch for its size, and rounds otherwise: a
        # resumed fit, which has another first batch, would differ in the last digits
        pieces = tf.compat.v1.placeholder_with_default(pieces, [None, None])
        steps = tf.shape(pieces)[1]
        lengths = tf.reduce_sum(tf.cast(pieces != 0, tf.int32), 1)
        x = self.words(pieces) + self.positions(tf.range(steps))[None]
        x = self.drop(self.norm(x), training=training)
        bias = padding(lengths, steps)
        for layer in self.stack:
            x = layer(x, bias, training=training)
        real = tf.cast(tf.sequence_mask(lengths, steps), x.dtype)[:, :, None]
        return tf.reduce_sum(x * real, 1) / tf.reduce_sum(real, 1)

    def compute_output_shape(self, shape: Any) -> tuple[Any, ...]:
        """Return (B, D)."""
        return (shape[0], self.sizes.hidden_size)

    def load(self, arrays: Arrays) -> None:
        """Load published weights. Raises DataError if one is missing or has another shape.

        A single text has the first token type throughout: its vector is added to every position.
        """
        types = _array(arrays, "embeddings.token_type_embeddings.weight")
        _assign(self.words.embeddings, _array(arrays, "embeddings.word_embeddings.weight"))
        _assign(self.positions.embeddings, _array(arrays, "embeddings.position_embeddings.weight") + types[0])
        _load_norm(self.norm, arrays, "embeddings.LayerNorm")
        for number, layer in enumerate(self.stack):
            place = f"encoder.layer.{number}"
            attention = layer.attention
            for name, dense in {
                "attention.self.query": attention.query,
                "attention.self.key": attention.key,
                "attention.self.value": attention.value,
                "attention.output.dense": attention.output_,
                "intermediate.dense": layer.widen,
                "output.dense": layer.narrow,
            }.items():
                _assign(dense.kernel, _array(arrays, f"{place}.{name}.weight").T)
                _assign(dense.bias, _array(arrays, f"{place}.{name}.bias"))
            _load_norm(layer.norms[0], arrays, f"{place}.attention.output.LayerNorm")
            _load_norm(layer.norms[1], arrays, f"{place}.output.LayerNorm")


def _norm(sizes: BertSizes, name: str) -> keras.layers.LayerNormalization:
    return keras.layers.LayerNormalization(epsilon=sizes.layer_norm_eps, name=name)


def _load_norm(norm: keras.layers.LayerNormalization, arrays: Arrays, name: str) -> None:
    _assign(norm.gamma, _array(arrays, f"{name}.weight"))
    _assign(norm.beta, _array(arrays, f"{name}.bias"))


def _array(arrays: Arrays, name: str) -> npt.NDArray[np.float32]:
    """Return a tensor, with or without the prefix of a model that has a head."""
    found = arrays.get(name, arrays.get(f"bert.{name}"))
    if found is None:
        raise DataError(f"the pretrained weights have no {name}: they are not those of a BERT.")
    return found.astype(np.float32)


def _assign(variable: keras.Variable, values: npt.NDArray[np.float32]) -> None:
    if tuple(variable.shape) != values.shape:
        raise DataError(
            f"the pretrained weights have {values.shape} numbers for {variable.path}, whose shape is "
            f"{tuple(variable.shape)}: configuration and weights do not belong together."
        )
    variable.assign(values)
