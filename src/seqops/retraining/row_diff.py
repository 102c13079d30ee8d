"""What became of the rows between two readings of a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

LINE = "line"


@dataclass(frozen=True)
class RowDiff:
    """Rows added, removed, and altered where they stood; new: those that the earlier reading lacks (n,)."""

    added: int
    removed: int
    altered: int
    new: npt.NDArray[np.bool_]

    def __bool__(self) -> bool:
        """Tell whether any row changed."""
        return bool(self.added or self.removed or self.altered)

    def counts(self) -> dict[str, int]:
        """Name the counts."""
        return {"added": self.added, "removed": self.removed, "altered": self.altered}

    def summary(self) -> str:
        """Say it in words."""
        said = [f"{count:,} {what}" for what, count in self.counts().items() if count]
        return f"rows: {', '.join(said)}" if said else "no row changed"


def diff_rows(before: pd.DataFrame, now: pd.DataFrame) -> RowDiff:
    """Compare two readings by what the rows say, wherever they stand.

    An old row that is gone and a new one at its raw line are one altered row.
    """
    old, new = _keys(before), _keys(now)
    gone, come = ~old.isin(new), ~new.isin(old)
    altered = len(np.intersect1d(before[LINE][gone], now[LINE][come]))
    return RowDiff(int(come.sum()) - altered, int(gone.sum()) - altered, altered, np.asarray(come))


def _keys(table: pd.DataFrame) -> pd.MultiIndex:
    """Name each row by its content, and by how many equal ones stand before it."""
    content = table.drop(columns=LINE).astype(str)
    hashed = pd.util.hash_pandas_object(content, index=False)
    return pd.MultiIndex.from_arrays([hashed, hashed.groupby(hashed).cumcount()])
