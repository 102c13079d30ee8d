"""Difference between the rows of two versions of a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.records import FILE, LINE


@dataclass(frozen=True)
class RowDiff:
    """Number of rows added, removed and altered in place; new: (n,), rows that the earlier version lacks."""

    added: int
    removed: int
    altered: int
    new: npt.NDArray[np.bool_]

    def __bool__(self) -> bool:
        """Return whether any row changed."""
        return bool(self.added or self.removed or self.altered)

    def counts(self) -> dict[str, int]:
        """Return the counts by name."""
        return {"added": self.added, "removed": self.removed, "altered": self.altered}

    def summary(self) -> str:
        """Format the counts on one line."""
        parts = [f"{count:,} {what}" for what, count in self.counts().items() if count]
        return f"rows: {', '.join(parts)}" if parts else "no row changed"


def diff_rows(before: pd.DataFrame, now: pd.DataFrame) -> RowDiff:
    """Compare two versions by the content of their rows, in any order.

    A removed row and an added row with the same raw line number are one altered row.
    """
    old, new = _keys(before), _keys(now)
    removed, added = ~old.isin(new), ~new.isin(old)
    altered = len(np.intersect1d(before[LINE][removed], now[LINE][added]))
    return RowDiff(int(added.sum()) - altered, int(removed.sum()) - altered, altered, np.asarray(added))


def _keys(table: pd.DataFrame) -> pd.MultiIndex:
    """Identify each row by the hash of its content and the number of equal rows before it."""
    content = table.drop(columns=[FILE, LINE], errors="ignore").astype(str)
    hashed = pd.util.hash_pandas_object(content, index=False)
    return pd.MultiIndex.from_arrays([hashed, hashed.groupby(hashed).cumcount()])
