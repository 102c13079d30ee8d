"""Weight-decomposed low-rank adaptation of a dense layer (DoRA, Liu et al. 2024)."""

from __future__ import annotations

from typing import Any

import keras

Tensor = Any


class DoraDense(keras.layers.Dense):
    """A dense layer whose kernel is a trained magnitude times the direction of kernel and low-rank change.

    W' = m (W + s A B) / ||W + s A B||, norms of columns, with m = ||W|| at the start (Liu et al. 2024,
    equation 5); the norm is taken as a constant by the gradient (section 4.3).
    """

    magnitude: Any = None

    @classmethod
    def adapt(cls, layer: keras.layers.Dense, rank: int, alpha: float) -> None:
        """Make a built dense layer one of this class: Keras cannot replace a layer inside a built one."""
        layer.enable_lora(rank, alpha)
        # before the change of class, which has a magnitude in its kernel
        norms = _column_norms(layer.kernel)
        layer.__class__ = cls
        layer.add_magnitude(norms)

    def add_magnitude(self, norms: Tensor) -> None:
        """Create the trained magnitude of each column (units,)."""
        self._tracker.unlock()
        self.magnitude = self.add_weight(shape=norms.shape, initializer="ones", name="dora_magnitude")
        self._tracker.lock()
        self.magnitude.assign(norms)

    @property
    def kernel(self) -> Tensor:
        """The adapted kernel: (inputs, units)."""
        direction = super().kernel
        return direction * (self.magnitude / keras.ops.stop_gradient(_column_norms(direction)))


def _column_norms(kernel: Tensor) -> Tensor:
    return keras.ops.sqrt(keras.ops.sum(keras.ops.square(kernel), 0))
