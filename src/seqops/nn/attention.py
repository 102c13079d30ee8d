"""Attention of decoder states over encoder states, with padding masked by length."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Tensor = Any


def attend(scores: Tensor, memory: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Compute context (B, T, M) and weights (B, T, S) from scores (B, T, S), masked beyond `lengths` (B,)."""
    real = tf.sequence_mask(lengths, tf.shape(scores)[-1])[:, None, :]
    weights = tf.nn.softmax(tf.where(real, scores, scores.dtype.min))
    return tf.matmul(weights, memory), weights


class LuongAttention(keras.layers.Layer):
    """Multiplicative attention, score `q W m` ("general" in Luong et al. 2015, section 3.1)."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project = keras.layers.Dense(units, use_bias=False, name="keys")

    def keys(self, memory: Tensor) -> Tensor:
        """Project the memory (B, S, M) once for all queries: (B, S, units)."""
        return self.project(memory)

    def call(self, query: Tensor, keys: Tensor, memory: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Attend with queries (B, T, units); returns the context (B, T, M) and weights (B, T, S)."""
        return attend(tf.matmul(query, keys, transpose_b=True), memory, lengths)


class DotAttention(keras.layers.Layer):
    """Multiplicative attention without weights, score `q m` ("dot" in Luong et al. 2015, section 3.1)."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def keys(self, memory: Tensor) -> Tensor:
        """Return the memory (B, S, units) itself. Raises ValueError for one of another width."""
        if memory.shape[-1] != self.units:
            raise ValueError(f"queries of {self.units} units cannot be compared with {memory.shape[-1]}")
        return memory

    def call(self, query: Tensor, keys: Tensor, memory: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Attend with queries (B, T, units); returns the context (B, T, units) and weights (B, T, S)."""
        return attend(tf.matmul(query, keys, transpose_b=True), memory, lengths)


class BahdanauAttention(keras.layers.Layer):
    """Additive attention, score `v tanh(W q + U m)` (Bahdanau et al. 2015, section A.1.2)."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project = keras.layers.Dense(units, name="keys")
        self.queries = keras.layers.Dense(units, use_bias=False, name="queries")
        self.energy = keras.layers.Dense(1, use_bias=False, name="energy")

    def keys(self, memory: Tensor) -> Tensor:
        """Project the memory (B, S, M) once for all queries: (B, S, units)."""
        return self.project(memory)

    def call(self, query: Tensor, keys: Tensor, memory: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Attend with queries (B, T, Q); returns the context (B, T, M) and weights (B, T, S)."""
        hidden = tf.tanh(self.queries(query)[:, :, None, :] + keys[:, None, :, :])  # (B, T, S, units)
        return attend(tf.squeeze(self.energy(hidden), -1), memory, lengths)
