"""Value columns of a table of sequences, and the sequences that are equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.tasks.labelling.data.reader import VALUE


def value_columns(table: pd.DataFrame) -> list[str]:
    """Return the names of the value columns, without their prefix."""
    return [name.removeprefix(VALUE) for name in table.columns if name.startswith(VALUE)]


def value_arrays(table: pd.DataFrame, values: list[str]) -> list[npt.NDArray[np.float64]]:
    """Return the values of each sequence: (T, D) each."""
    columns = [table[VALUE + name] for name in values]
    return [np.array(row, np.float64).T for row in zip(*columns, strict=True)]


def sequence_keys(table: pd.DataFrame) -> list[bytes]:
    """Return what is equal for equal sequences of numbers, and for no others."""
    return [row.tobytes() for row in value_arrays(table, value_columns(table))]
