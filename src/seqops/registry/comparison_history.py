"""Comparisons with a champion that were made on the same test rows, and the level that is left.

Each comparison on the same rows is another chance of a lucky replacement, and a champion that was chosen on
them has a score that is too good. So the k-th comparison is made at alpha x 6 / (pi^2 k^2); over all k this
sums to alpha, which bounds the probability that any of them replaces a champion by an equal version.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from seqops.core.interfaces import LINE
from seqops.runtime.journal import JournalEntry

TEST_ROWS = "test_rows"
"""Key of the sketch among the numbers of a decision."""
SKETCH = 64
"""Smallest row hashes that are kept of a set of test rows."""
SAME = 0.5
"""Share in common, of the rows in either of two sets, from which they count as the same test rows."""


@dataclass(frozen=True)
class RowSketch:
    """The number of test rows, and the smallest hashes of their content (bottom-k sketch: Broder 1997)."""

    rows: int
    hashes: tuple[str, ...]

    @classmethod
    def of(cls, table: pd.DataFrame) -> RowSketch:
        """Sketch the rows of a table; their order and their lines in the file do not matter."""
        content = table.drop(columns=LINE, errors="ignore")
        lines = content.to_json(orient="records", lines=True, double_precision=15).splitlines()
        found = {hashlib.sha256(line.encode()).hexdigest()[:8] for line in lines if line}
        return cls(len(table), tuple(sorted(found)[:SKETCH]))

    def overlap(self, other: RowSketch) -> float:
        """Estimate the share in common, of the rows in either set; exact for at most SKETCH rows in all."""
        union = sorted({*self.hashes, *other.hashes})[:SKETCH]
        return len({*union} & {*self.hashes} & {*other.hashes}) / max(len(union), 1)

    def to_json(self) -> dict[str, Any]:
        """Return the sketch as JSON values."""
        return {"rows": self.rows, "hashes": list(self.hashes)}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> RowSketch:
        """Rebuild a sketch from its JSON values."""
        return cls(stored["rows"], tuple(stored["hashes"]))


@dataclass(frozen=True)
class ComparisonHistory:
    """The comparisons on the current test rows, oldest first, each as (run id, version, champion)."""

    sketch: RowSketch
    made: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, sketch: RowSketch, entries: Iterable[JournalEntry], model: str) -> ComparisonHistory:
        """Find the comparisons of a registered model on the rows of a sketch; entries: of the journal.

        A repeated comparison of the same two versions counts once.
        """
        made = [
            (entry["run_id"], entry["version"], entry["numbers"]["champion_version"])
            for entry in entries
            if entry.get("model") == model
            and entry.get("stage") == "outcome"
            and TEST_ROWS in entry["numbers"]
            and RowSketch.read(entry["numbers"][TEST_ROWS]).overlap(sketch) >= SAME
        ]
        return cls(sketch, tuple(dict.fromkeys(made)))

    def number(self, run_id: str, version: str, champion: str) -> int:
        """Return the number of a comparison, from 1: as it was made, or as the next one."""
        pair = (run_id, version, champion)
        return self.made.index(pair) + 1 if pair in self.made else len(self.made) + 1

    def summary(self, alpha: float) -> str:
        """Say how many comparisons were made, and the level of the next."""
        done, rows = len(self.made), self.sketch.rows
        return (
            f"{done} comparison{'s' * (done != 1)} with a champion on the current {rows} test rows; "
            f"the next one needs p < {level_of(alpha, done + 1):.3g}."
        )


def level_of(alpha: float, number: int) -> float:
    """Return the significance level of a comparison; number: from 1."""
    return alpha * 6 / (math.pi * number) ** 2
