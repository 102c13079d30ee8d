"""Forecasts of other systems that come with the data, as baselines."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.forecast.model.classical.methods import Floats
from seqops.tasks.forecast.model.intervals import cells


def ready_made(test: Split, meta: Meta, taken: Collection[str]) -> list[Baseline]:
    """Return the forecasts of each system, without intervals; taken: the names of other baselines.

    The column `forecasts` (n, H, systems) is NaN without a forecast; the meta has their names.
    A system that lacks a forecast of any known target is listed as failed, with the number of its rows.
    """
    if not meta.get("baselines"):
        return []
    systems = np.moveaxis(np.asarray(test.plain("forecasts"), np.float64), -1, 0)
    known = np.isfinite(test.plain("targets")[..., 0])
    return [
        _baseline(f"{name} (given)" if name in taken else name, forecasts, known)
        for name, forecasts in zip(meta["baselines"], systems, strict=True)
    ]


def _baseline(name: str, forecasts: Floats, known: Floats) -> Baseline:
    """Convert forecasts (n, H) of one system; known: (n, H) whether there is a target."""
    lacking = int((known & ~np.isfinite(forecasts)).any(axis=1).sum())
    if lacking:
        reason = f"no forecast, or not of every step, for {lacking:,} of {len(forecasts):,} test rows"
        return Baseline(name, "classical", pd.DataFrame(), failure=reason)
    predicted = pd.DataFrame({"mean": cells(forecasts[..., None])})
    return Baseline(name, "classical", predicted, settings="forecasts that came with the data")
