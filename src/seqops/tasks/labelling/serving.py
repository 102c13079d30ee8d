"""Raw sequences in, a label for every step out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.contract import BadData
from seqops.tasks.labelling.reader import number

GAPS = re.compile(r"[\s,;]+")


def parsed(text: str, place: int, values: list[str], longest: int) -> npt.NDArray[np.float64]:
    """Read one raw sequence: (T, D); numbers of one column, or a line a step where there are several.

    Raises BadData, naming the input by its 1-based place.
    """
    name = Path(f"input {place + 1}")
    cells = [[cell for cell in GAPS.split(line.strip()) if cell] for line in text.splitlines()]
    steps = [[cell] for row in cells for cell in row] if len(values) == 1 else [row for row in cells if row]
    if not steps:
        raise BadData.at(name, None, "there is no number in it", "Give the numbers of a sequence.")
    if len(steps) > longest:
        mend = f"Give at most {longest} (data.longest)."
        raise BadData.at(name, None, f"it has {len(steps)} steps", mend)
    for step, row in enumerate(steps, 1):
        if len(row) != len(values):
            mend = f"Give a line a step, and in it {', '.join(values)}."
            raise BadData.at(name, step, f"{len(row)} numbers where training had {len(values)}", mend)
    return np.array(
        [[number(name, None, cell, of) for cell, of in zip(row, values, strict=True)] for row in steps]
    )


def record(row: pd.Series) -> dict[str, Any]:
    """List each step's label, and how likely the label 1 is."""
    return {
        "labels": [int(label) for label in row["labels"]],
        "probabilities": [float(p) for p in row["probabilities"]],
    }
