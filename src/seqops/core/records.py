"""What the parts of a task hand over: expectations, goals, baselines, ablations, plots and flat records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

LINE = "line"
"""The column of a table with the 1-based line of each row in its raw file."""
FILE = "file"
"""The column with the name of that file, if there are several."""


@dataclass(frozen=True)
class Expectation:
    """One check of the table, in the terms of Great Expectations.

    kind: an expectation type, such as `expect_column_values_to_be_between`; arguments: its keyword
    arguments; meaning: the check in plain words, shown if it fails.
    """

    kind: str
    arguments: Mapping[str, Any]
    meaning: str


@dataclass(frozen=True)
class Goal:
    """The score that early stopping, tuning and promotion use."""

    metric: str
    higher_is_better: bool


@dataclass(frozen=True)
class Baseline:
    """Predictions of a baseline, which the model is compared with on the same rows.

    settings: those chosen on validation rows; failure: why `predicted` is empty, else ""; both in words;
    model_kind: the `model.kind` that makes this method the model of the task, empty if there is none.
    """

    name: str
    kind: Literal["trivial", "classical"]
    predicted: pd.DataFrame
    settings: str = ""
    failure: str = ""
    model_kind: str = ""


@dataclass(frozen=True)
class Ablation:
    """Predictions of a model without one of its parts, which show what that part adds.

    name: what remains, such as `smoothing alone`; part: what was removed, such as `the LSTM`.
    """

    name: str
    part: str
    predicted: pd.DataFrame


@dataclass(frozen=True)
class Plot:
    """A plot as data: the report draws it, DVC and MLflow store it.

    kind `line` and `bar`: one series per `y` column over `x`; `heatmap`: `x` holds the row labels and the
    `y` columns are the cells. band: a (low, high) pair of columns drawn as a shaded region.
    """

    name: str
    title: str
    kind: Literal["line", "bar", "heatmap"]
    table: pd.DataFrame
    x: str
    y: Sequence[str]
    band: tuple[str, str] | None = None


def flat(record: Mapping[str, Any]) -> dict[str, str | int | float]:
    """Return a record with what is nested as JSON."""
    plain = str | int | float
    return {name: value if isinstance(value, plain) else json.dumps(value) for name, value in record.items()}
