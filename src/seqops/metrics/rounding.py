"""Rounding of results that are stored."""

from __future__ import annotations

import numpy as np


def rounded(value: float | None) -> float | None:
    """Round to ten significant digits, because the last bits of a sum differ between machines.

    None if undefined, because JSON has no NaN.
    """
    return float(f"{value:.10g}") if value is not None and np.isfinite(value) else None
