"""Tables of the report about the training rows: numbers such as lengths, counts of categories, examples."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seqops.core.interfaces import Evaluation, Meta
from seqops.core.ragged import Ragged, Split

EXAMPLES = 5
MAX_CHARS = 200
"""Characters of a text that an example shows."""
MAX_CATEGORIES = 12
"""Categories that are counted one by one, the most frequent ones."""
QUANTILES = {"lowest": 0.0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "highest": 1.0}
PICTURE = "data:image/"


def data_tables(evaluation: Evaluation, training: Split, meta: Meta) -> dict[str, pd.DataFrame]:
    """Return tables of the training rows, by title; one without content has no columns."""
    features = {
        name: np.asarray(column.values if isinstance(column, Ragged) else column)
        for name, column in evaluation.drift_features(training, meta).items()
    }
    spaced = np.unique(np.linspace(0, len(training) - 1, EXAMPLES).astype(np.int64))
    return {
        "Training rows: numbers": _numbers(features),
        "Training rows: counts": _counts(features),
        "Training rows: examples": evaluation.rows(training.take(spaced), meta).map(_clipped),
    }


def _numbers(features: dict[str, np.ndarray]) -> pd.DataFrame:
    rows = [
        {"": name, "values": f"{len(values):,}"} | dict(zip(QUANTILES, _quantiles(values), strict=True))
        for name, values in features.items()
        if values.dtype.kind not in "UO" and len(values)
    ]
    return pd.DataFrame(rows)


def _quantiles(values: np.ndarray) -> list[str]:
    found = np.quantile(values, list(QUANTILES.values()), method="inverted_cdf")
    return [f"{value:.4g}" for value in found]


def _counts(features: dict[str, np.ndarray]) -> pd.DataFrame:
    rows = []
    for name, values in features.items():
        if values.dtype.kind in "UO" and len(values):
            counts = pd.Series(values).value_counts().sort_index().sort_values(ascending=False, kind="stable")
            shown = counts[:MAX_CATEGORIES].to_dict()
            if rest := counts[MAX_CATEGORIES:].sum():
                shown[f"{len(counts) - MAX_CATEGORIES:,} others"] = rest
            rows += [
                {"": name, "value": str(value), "count": f"{n:,}", "share": f"{n / len(values):.1%}"}
                for value, n in shown.items()
            ]
    return pd.DataFrame(rows)


def _clipped(value: object) -> object:
    if not isinstance(value, str) or value.startswith(PICTURE) or len(value) <= MAX_CHARS:
        return value
    return f"{value[:MAX_CHARS]}…"
