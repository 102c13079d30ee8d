"""The settings of adapters, which a fit may train instead of a network's own weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import MinLen

from seqops.core.constrained_types import Positive, PositiveFloat


@dataclass(frozen=True)
class Adapter:
    """Low-rank adapters, which are trained instead of the layers that they are attached to.

    Attributes
    ----------
    kind
        `none`: all weights are trained; `lora` (Hu et al. 2021); `qlora`: the same over frozen weights that
        are rounded to int8 (Dettmers et al. 2023); `dora`: with a trained magnitude of each column (Liu et
        al. 2024). The adapters are merged into the weights after the fit.
    rank
        Rank of the change of each target's weights.
    alpha
        The change is scaled by `alpha` / `rank`.
    targets
        Names of the layers that get an adapter: dense layers, or, except for `dora`, embeddings.
    layers
        Names of the layers that are trained in full; all others are frozen.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    kind: Literal["none", "lora", "qlora", "dora"] = "none"
    rank: Positive = 8
    alpha: PositiveFloat = 16.0
    targets: Annotated[tuple[str, ...], MinLen(1)] = ("query", "value")
    layers: tuple[str, ...] = ("head",)


NO_ADAPTER = Adapter()
