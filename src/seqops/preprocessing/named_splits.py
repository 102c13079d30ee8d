"""Tables of several files, and the splits that `source` names files for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from seqops.core.raw_folder import split_of
from seqops.core.records import FILE
from seqops.preprocessing.row_keys import Key
from seqops.preprocessing.splitting import Mask, Names, assign_splits, is_in

NAMED = "named_split"
"""The column of a table with the split that `source` names the file of each row for, if it names any."""
LEAKED = "leaked_key"
"""The column of a checked table that marks held-out rows whose key a training row has."""


def concat_files(raw: Sequence[Path], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate the tables of files; several files become the column FILE, and named splits NAMED."""
    parts = []
    for path, table in zip(raw, tables, strict=True):
        split = split_of(path)
        file = {FILE: f"{split}/{path.name}" if split else path.name} if len(raw) > 1 else {}
        parts.append(table.assign(**file, **({NAMED: split} if split else {})))
    return pd.concat(parts, ignore_index=True)


def named_or_drawn(table: pd.DataFrame, groups: Sequence[Key], validation: float, seed: int) -> Names:
    """Return the named split of each row: (n,).

    If no file is named for validation, a share of the groups outside the test files is drawn.
    """
    named = table[NAMED].to_numpy("<U10")
    if "validation" in named:
        return named
    return assign_splits(named == "test", groups, validation, seed)


def leaked(table: pd.DataFrame, keys: Sequence[Key]) -> Mask:
    """Mark the held-out rows whose key a training row of a table with its `split` has: (n,)."""
    split, column = table["split"].to_numpy("<U10"), np.array(keys, object)
    mask: Mask = is_in(keys, column[split == "train"]) & np.isin(split, ("validation", "test"))
    return mask


def leaked_counts(checked: pd.DataFrame, key: str) -> dict[str, int]:
    """Count the held-out rows that named splits share with training; key: what is shared, such as `text`."""
    if NAMED not in checked:
        return {}
    return {
        f"{name} rows with a {key} of training": int(checked[LEAKED][checked["split"] == name].sum())
        for name in ("validation", "test")
    }
