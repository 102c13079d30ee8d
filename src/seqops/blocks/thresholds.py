"""From where on new data counts as drifted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Lt


@dataclass(frozen=True)
class Thresholds:
    """The `drift` section of params.yaml.

    alpha: chance of a false alarm, all that is watched together; psi: a smaller shift does not matter,
    however sure it is; least: rows, before and now, below which nothing can be told.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: Annotated[float, Gt(0.0), Lt(1.0)]
    psi: Annotated[float, Gt(0.0)]
    least: Annotated[int, Ge(2)]
