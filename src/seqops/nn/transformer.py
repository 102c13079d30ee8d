"""The transformer: position encoding, multi-head attention, pre-norm layers, a fixed-size decoding cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from seqops.nn.masking import MASK_VALUE

Tensor = Any


class Projected(NamedTuple):
    """The keys and values of attention, (B, H, S, U / H) each."""

    keys: Tensor
    values: Tensor


class Cache(NamedTuple):
    """The cache of one-step decoding: the tokens read by each row (R,), and each layer's projections."""

    read: Tensor
    layers: tuple[Projected, ...]


def sinusoids(positions: Tensor, width: int) -> Tensor:
    """Encode positions (...), counted from 0, as alternating sines and cosines: (..., width).

    Vaswani et al. 2017, section 3.5; the width is even.
    """
    angles = tf.cast(positions, tf.float32)[..., None] / 10_000.0 ** (tf.range(0.0, width, 2.0) / width)
    pairs = tf.stack([tf.sin(angles), tf.cos(angles)], -1)  # (..., width / 2, 2)
    return tf.reshape(pairs, tf.concat([tf.shape(positions), [width]], 0))


def causal(steps: Tensor) -> Tensor:
    """Return the bias that masks future positions: (T, T)."""
    return MASK_VALUE * (1.0 - tf.linalg.band_part(tf.ones([steps, steps]), -1, 0))


def padding(lengths: Tensor, steps: Tensor) -> Tensor:
    """Return the bias that masks positions beyond `lengths` (B,): (B, 1, 1, S)."""
    return tf.where(tf.sequence_mask(lengths, steps), 0.0, MASK_VALUE)[:, None, None]


def by_rows(layer: keras.layers.Dense, x: Tensor) -> Tensor:
    """Apply a dense layer to (B, T, D) flattened to two dimensions, where the product is twice as fast."""
    shape = tf.shape(x)
    return tf.reshape(layer(tf.reshape(x, [-1, x.shape[-1]])), [shape[0], shape[1], layer.units])


class MultiHead(keras.layers.Layer):
    """Multi-head scaled dot-product attention (Vaswani et al. 2017, section 3.2.2)."""

    def __init__(self, units: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if units % heads:
            raise ValueError(f"units must be a multiple of heads, got {units} and {heads}")
        self.units, self.heads = units, heads
        self.query, self.key, self.value, self.output_ = (
            keras.layers.Dense(units, name=name) for name in ("query", "key", "value", "output")
        )

    def build(self, shape: Any = None) -> None:
        """Create all weights, whichever method is called first."""
        for dense in (self.query, self.key, self.value, self.output_):
            dense.build((None, self.units))
        self.built = True

    def project(self, memory: Tensor) -> Projected:
        """Project the memory (B, S, U) once for all queries."""
        return Projected(self._by_head(self.key, memory), self._by_head(self.value, memory))

    def call(self, x: Tensor, seen: Projected, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attend with x (B, T, U); returns (B, T, U) and the weights (B, H, T, S).

        bias: added to the scaled scores, of any shape that broadcasts to (B, H, T, S): a causal mask, a
        padding mask, a relative position bias, or a sum of them; None: no bias.
        """
        queries = self._by_head(self.query, x) * (self.units // self.heads) ** -0.5
        scores = tf.matmul(queries, seen.keys, transpose_b=True)
        weights = tf.nn.softmax(scores if bias is None else scores + bias)
        context = tf.transpose(tf.matmul(weights, seen.values), [0, 2, 1, 3])  # (B, T, H, U / H)
        return by_rows(self.output_, tf.reshape(context, tf.shape(x))), weights

    def _by_head(self, dense: keras.layers.Dense, x: Tensor) -> Tensor:
        shape = tf.shape(x)
        width = self.units // self.heads
        heads = tf.reshape(by_rows(dense, x), [shape[0], shape[1], self.heads, width])
        return tf.transpose(heads, [0, 2, 1, 3])


class TransformerLayer(keras.layers.Layer):
    """Self-attention, attention over a memory if `cross`, and feed-forward, each on a residual branch.

    Each branch starts with layer normalisation (pre-norm: Xiong et al. 2020, section 3) and ends with dropout
    (Vaswani et al. 2017, section 5.4).
    """

    def __init__(
        self, units: int, heads: int, feed_forward: int, dropout: float, cross: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        layers, branches = keras.layers, ["attention", *(["cross"] if cross else []), "feed_forward"]
        self.units, self.width = units, feed_forward
        self.attention = MultiHead(units, heads, name="attention")
        self.cross = MultiHead(units, heads, name="cross") if cross else None
        self.widen = layers.Dense(feed_forward, activation="relu", name="widen")
        self.narrow = layers.Dense(units, name="narrow")
        self.norms = [layers.LayerNormalization(epsilon=1e-6, name=f"norm_{name}") for name in branches]
        self.drops = [layers.Dropout(dropout, name=f"drop_{name}") for name in branches]

    def build(self, shape: Any = None) -> None:
        """Create all weights, whichever method is called first."""
        for attention in (self.attention, self.cross):
            if attention is not None:
                attention.build()
        self.widen.build((None, self.units))
        self.narrow.build((None, self.width))
        for norm in self.norms:
            norm.build((None, None, self.units))
        self.built = True

    def call(
        self,
        x: Tensor,
        bias: Tensor | None = None,
        past: Projected | None = None,
        read: Tensor | None = None,
        memory: Projected | None = None,
        memory_bias: Tensor | None = None,
        training: bool = False,
    ) -> tuple[Tensor, Projected, Tensor]:
        """Read x (B, T, U); returns (B, T, U), the keys and values of self-attention, and the last weights.

        past: keys and values of fixed length L, into which those of x (B, 1, U) are written at each row's
        position `read` (B,); memory: projected by `cross`.
        """
        normed = self.norms[0](x)
        seen = self.attention.project(normed)
        if past is not None:
            seen = Projected(*(_written(old, new, read) for old, new in zip(past, seen, strict=True)))
        found, weights = self.attention(normed, seen, bias)
        x += self.drops[0](found, training=training)
        if self.cross is not None:
            found, weights = self.cross(self.norms[1](x), memory, memory_bias)
            x += self.drops[1](found, training=training)
        found = by_rows(self.narrow, by_rows(self.widen, self.norms[-1](x)))
        return x + self.drops[-1](found, training=training), seen, weights


class Transformer(keras.layers.Layer):
    """Layers and a final normalisation: an encoder, a language model, or, if `cross`, a decoder."""

    def __init__(
        self,
        layers: int,
        units: int,
        heads: int,
        feed_forward: int,
        dropout: float,
        cross: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.heads = units, heads
        self.stack = [
            TransformerLayer(units, heads, feed_forward, dropout, cross, name=f"layer_{number}")
            for number in range(layers)
        ]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6, name="norm")
        self.build()

    def build(self, shape: Any = None) -> None:
        """Create all weights, whichever method is called first."""
        for layer in self.stack:
            layer.build()
        self.norm.build((None, None, self.units))
        self.built = True

    def project(self, memory: Tensor) -> tuple[Projected, ...]:
        """Project a memory (B, S, U) once for each layer's attention over it."""
        return tuple(layer.cross.project(memory) for layer in self.stack if layer.cross is not None)

    def call(
        self,
        x: Tensor,
        bias: Tensor | None = None,
        memory: tuple[Projected, ...] | None = None,
        memory_bias: Tensor | None = None,
        training: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Read x (B, T, U); returns (B, T, U) and the weights (B, H, T, S) of the last attention.

        bias, memory_bias: added to the scores of self-attention and of attention over the memory.
        """
        weights = None
        for number, layer in enumerate(self.stack):
            of_memory = None if memory is None else memory[number]
            x, _, weights = layer(x, bias, memory=of_memory, memory_bias=memory_bias, training=training)
        return self.norm(x), weights

    def empty(self, rows: Tensor, length: Tensor) -> Cache:
        """Return an empty cache of R rows, with room for `length` tokens."""
        zeros = tf.zeros([rows, self.heads, length, self.units // self.heads])
        return Cache(tf.zeros([rows], tf.int32), tuple(Projected(zeros, zeros) for _ in self.stack))

    def step(
        self,
        x: Tensor,
        cache: Cache,
        bias: Tensor | None = None,
        memory: tuple[Projected, ...] | None = None,
        memory_bias: Tensor | None = None,
    ) -> tuple[Tensor, Cache]:
        """Read one more token of each row, x (R, U); returns (R, U) and the cache that includes that token.

        bias: over the positions of the cache, broadcast to (R, H, 1, L); unread positions are masked here.
        """
        length, seen = tf.shape(cache.layers[0].keys)[2], []
        unread, x = padding(cache.read + 1, length), x[:, None]
        bias = unread if bias is None else bias + unread
        for number, (layer, past) in enumerate(zip(self.stack, cache.layers, strict=True)):
            of_memory = None if memory is None else memory[number]
            x, now, _ = layer(x, bias, past, cache.read, of_memory, memory_bias)
            seen.append(now)
        return self.norm(x)[:, 0], Cache(cache.read + 1, tuple(seen))


def _written(old: Tensor, new: Tensor, position: Tensor) -> Tensor:
    """Set old (R, H, L, D) to new (R, H, 1, D) at each row's `position` (R,)."""
    mask = tf.range(tf.shape(old)[2]) == position[:, None]  # (R, L)
    return tf.where(mask[:, None, :, None], new, old)
