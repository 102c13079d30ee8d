"""The task configured by params.yaml with a few values changed, and small tables."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from seqops.params import Params
from seqops.tasks.sentiment.data.dataset import Dataset

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")


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


def write_file(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def encode_sample(folder: Path, **changed: object):
    """Encode the sample: return the task, its splits and its encoding."""
    data = task(**changed)
    rows = data.read([write_file(folder / "sample.tsv", data.sample()["sample.tsv"])])
    return data, *data.split_and_encode(rows)


def first(n: int) -> np.ndarray:
    return np.arange(n)
