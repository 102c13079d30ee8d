"""Raw sequences in, a label for every step out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.errors import DataError, quoted
from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.request_limits import RequestLimits
from seqops.tasks.labelling.data.dataset import Dataset
from seqops.tasks.labelling.data.reader import number

SEPARATORS = re.compile(r"[\s,;]+")
LONE_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)


def parse_request(text: str, index: int, values: list[str], max_length: int) -> npt.NDArray[np.float64]:
    """Read one raw sequence: (T, D); numbers of one column, or one line per step of several columns.

    Raises DataError with the number of the input, from 1.
    """
    name = Path(f"input {index + 1}")
    if len(values) == 1 and (found := _decimal_comma(text)):
        fix = "Write figures as 0.5, and blanks or lines between them."
        raise DataError.at(
            name, None, f"the comma in {quoted(found)} may separate a fraction or two figures", fix
        )
    cells = [[cell for cell in SEPARATORS.split(line.strip()) if cell] for line in text.splitlines()]
    steps = [[cell] for row in cells for cell in row] if len(values) == 1 else [row for row in cells if row]
    if not steps:
        raise DataError.at(name, None, "contains no number", "Give the numbers of a sequence.")
    if len(steps) > max_length:
        fix = f"Give at most {max_length} (data.max_length)."
        raise DataError.at(name, None, f"it has {len(steps)} steps", fix)
    for step, row in enumerate(steps, 1):
        if len(row) != len(values):
            fix = f"Give one line per step with {', '.join(values)}."
            raise DataError.at(name, step, f"{len(row)} numbers, but training had {len(values)}", fix)
    return np.array(
        [[number(name, None, cell, of) for cell, of in zip(row, values, strict=True)] for row in steps]
    )


def _decimal_comma(text: str) -> str | None:
    """Return what may be one figure with a decimal comma, or two figures: `0,5`; None if there is none."""
    return next((part for part in re.split(r"[\s;]+", text) if LONE_COMMA.fullmatch(part)), None)


def to_record(row: pd.Series) -> dict[str, Any]:
    """List the label of each step and the probability of the label 1."""
    return {
        "labels": [int(label) for label in row["labels"]],
        "probabilities": [float(p) for p in row["probabilities"]],
    }


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Raw sequences in, a label for every step out."""

    data: Dataset

    requests: ClassVar[RequestLimits] = RequestLimits(chars=2_000_000, total_chars=20_000_000)
    intended_use: ClassVar[str] = (
        "Labels every step of a complete sequence of numbers as 0 or 1, for sequences from the distribution "
        "that it was trained on."
    )
    limits: ClassVar[str] = (
        "It reads a sequence as a whole, so the label of a step may change when more steps follow. Labels "
        "are unreliable for lengths and numbers outside the range of training, and a regression on running "
        "sums may do as well: see the baselines."
    )

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Read raw sequences. Raises DataError for what is not a sequence of numbers."""
        rows = [parse_request(text, i, meta["values"], self.data.max_length) for i, text in enumerate(inputs)]
        return Split({"figures": Ragged.from_rows(rows, np.float64)})

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Return a label and a probability for every step."""
        return [to_record(predicted.iloc[i]) for i in range(len(inputs))]

    def example(self, meta: Meta) -> str:
        """Return a training sequence."""
        example: str = meta["example"]
        return example
