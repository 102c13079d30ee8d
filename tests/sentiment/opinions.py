"""The task as params.yaml has it, with a few values changed, and small tables."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from seqops.params import Params
from seqops.tasks.sentiment.data.dataset import Dataset

HERE = Path(__file__).parents[2]
PARAMS = Params.load(HERE / "params.yaml")


def task(**changed: object) -> Dataset:
    return dataclasses.replace(PARAMS.task("sentiment").data, **changed)  # type: ignore[type-var,return-value]


def table(texts: list[str], labels: list[str] | None = None, groups: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "line": range(1, len(texts) + 1),
            "text": texts,
            "label": labels or (["negative", "positive"] * len(texts))[: len(texts)],
            "group": groups or [""] * len(texts),
            "published": [""] * len(texts),
        }
    )


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sampled(folder: Path, **changed: object):
    """Encode the sample: the task, its splits, and what it learnt."""
    data = task(**changed)
    rows = data.read([written(folder / "sample.tsv", data.sample()["sample.tsv"])])
    return data, *data.split_and_encode(rows)


def first(n: int) -> np.ndarray:
    return np.arange(n)
