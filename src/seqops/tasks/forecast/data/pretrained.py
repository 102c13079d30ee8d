"""Weights of an earlier fit among the source files, from which a fit starts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.tasks.forecast.data.ready_made import file_named

WEIGHTS = "pretrained"
"""Column of a table with the content of the file, base64, in its first row."""
HDF5 = b"\x89HDF\r\n\x1a\n"


def with_pretrained(table: pd.DataFrame, name: str, raw: Sequence[Path]) -> pd.DataFrame:
    """Add the weights file of that name to the first row of a table.

    Raises DataError if no source file has that name, or it is no HDF5 file.
    """
    path = file_named("data.pretrained", name, raw)
    content = path.read_bytes()
    if not content.startswith(HDF5):
        what, fix = "no weights file", "Give the model.weights.h5 of an earlier fit."
        raise DataError.at(path, None, what, fix)
    cells = ["" for _ in range(len(table))]
    cells[0] = base64.b64encode(content).decode("ascii")
    return table.assign(**{WEIGHTS: cells})


def weights_of(table: pd.DataFrame, name: str) -> Meta:
    """Return what a meta keeps of the weights file that a table has; empty: none.

    That is its name, its SHA-256 and, in base64, its content.
    """
    if WEIGHTS not in table:
        return {}
    kept = {"weights": table[WEIGHTS].iloc[0]}
    return {"name": name, "sha256": hashlib.sha256(content_of(kept)).hexdigest(), **kept}


def content_of(pretrained: Meta) -> bytes:
    """Decode the weights file that a meta keeps."""
    return base64.b64decode(pretrained["weights"])
