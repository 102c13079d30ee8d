"""The scores of repeats: the same model trained with further seeds, on the same test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from seqops.core.files import sha256_of
from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import Predictor
from seqops.core.ragged import Split
from seqops.evaluation.formatting import bounds, number
from seqops.metrics.seeds import SeedScores

HEAD = ("score", "each seed", "mean", "range", "standard deviation", "95 % interval over seeds and rows")


def score(
    predictor: Predictor,
    metrics: Metrics,
    first: Mapping[int, pd.DataFrame],
    weights: Mapping[int, Path],
    truth: Split,
    meta: Meta,
) -> dict[str, Any]:
    """Predict the test rows with the weights of each repeat; return the section `seeds` of evaluation.json.

    first: the predictions of the model itself by its seed; weights: those of the repeats by seed.
    """
    predicted = {**first, **{seed: _predict(predictor, path, truth, meta) for seed, path in weights.items()}}
    hashes = {str(seed): sha256_of(path) for seed, path in weights.items()}
    return {**over_seeds(metrics, predicted, truth, meta), "sha256": hashes}


def _predict(predictor: Predictor, weights: Path, truth: Split, meta: Meta) -> pd.DataFrame:
    return predictor.predict(predictor.load(weights, meta), truth, meta)


def over_seeds(
    metrics: Metrics, predicted: Mapping[int, pd.DataFrame], truth: Split, meta: Meta
) -> dict[str, Any]:
    """Return the scores by each seed and over all of them; predicted: the same test rows, by at least two."""
    scored = [metrics.score(rows, truth, meta) for rows in predicted.values()]
    same = zip(*scored, strict=True)
    return {
        "seeds": list(predicted),
        "scores": {each[0].name: SeedScores.of(each).to_json() for each in same},
    }


def summary(metrics: Mapping[str, Any]) -> str:
    """Say in one line how much the goal's score depends on the seed; empty for one seed.

    metrics: the content of evaluation.json.
    """
    if "seeds" not in metrics:
        return ""
    goal, seeds = metrics["goal"], metrics["seeds"]
    found = seeds["scores"][goal]
    interval = f"95 % interval over seeds and rows {bounds(found)}"
    return f"Over {len(seeds['seeds'])} seeds: {goal} {mean_and_range(found)}, {interval}."


def mean_and_range(found: Mapping[str, Any]) -> str:
    """Format the mean of a score over seeds with its smallest and largest value: `0.8 (0.7 to 0.9)`."""
    return f"{number(found['value'])} ({number(found['min'])} to {number(found['max'])})"


def rows_of(metrics: Mapping[str, Any]) -> list[Sequence[str]]:
    """Return one row for each score, with the columns `HEAD`; none for one seed."""
    return [
        (
            name,
            ", ".join(number(value) for value in found["values"]),
            number(found["value"]),
            f"{number(found['min'])} to {number(found['max'])}",
            number(found["sd"]),
            bounds(found),
        )
        for name, found in metrics.get("seeds", {"scores": {}})["scores"].items()
    ]
