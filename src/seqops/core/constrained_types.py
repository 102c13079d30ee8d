"""Types of bounded numbers for the settings in params.yaml."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

Positive = Annotated[int, Gt(0)]
Count = Annotated[int, Ge(0)]
PositiveFloat = Annotated[float, Gt(0.0)]
NonNegative = Annotated[float, Ge(0.0)]
Rate = Annotated[float, Ge(0.0), Lt(1.0)]
Fraction = Annotated[float, Gt(0.0), Le(1.0)]
