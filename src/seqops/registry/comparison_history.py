"""Comparisons with a champion that were made on the same test rows, and the level that is left.

Each comparison on the same rows is another chance of a lucky replacement, and a champion that was chosen on
them has a score that is too good. So the k-th comparison is made at alpha x 6 / (pi^2 k^2); over all k this
sums to alpha, which bounds the probability that any of them replaces a champion by an equal version.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqops.core.files import sha256_of_json
from seqops.core.ragged import Split
from seqops.preprocessing.row_keys import keys_of
from seqops.runtime.journal import JournalEntry

TEST_ROWS = "test_rows"
"""Key, among the numbers of a decision, of the sketch of the rows that were compared."""
SKETCH = 256
"""Smallest hashes that are kept of the keys of rows."""
SHARED = 0.1
"""Share of the current keys from which an earlier comparison counts as made on the same rows."""


@dataclass(frozen=True)
class RowSketch:
    """The number of compared rows and of their keys, and the smallest of these (bottom-k: Broder 1997).

    keys: distinct keys; hashes: the first 32 bits of each as hexadecimal digits.
    """

    rows: int
    keys: int
    hashes: tuple[str, ...]

    @classmethod
    def of(cls, rows: Split) -> RowSketch:
        """Sketch encoded rows by their keys; their order, and what is not part of a key, do not matter."""
        distinct = np.unique(keys_of(rows).values) >> np.uint64(32)
        return cls(len(rows), len(distinct), tuple(f"{key:08x}" for key in distinct[:SKETCH]))

    def contained_in(self, other: RowSketch) -> float:
        """Estimate the share of these keys that the other rows have; exact for at most SKETCH keys in all."""
        union = sorted({*self.hashes, *other.hashes})[:SKETCH]
        overlap = len({*union} & {*self.hashes} & {*other.hashes}) / max(len(union), 1)
        # from the share in common of the keys in either set
        return overlap / (1 + overlap) * (self.keys + other.keys) / max(self.keys, 1)

    def label(self) -> str:
        """Return the number of rows and a digest, which are equal for equal rows."""
        return f"{self.rows} ({sha256_of_json(self.to_json())[:6]})"

    def to_json(self) -> dict[str, Any]:
        """Return the sketch as JSON values."""
        return {"rows": self.rows, "keys": self.keys, "hashes": list(self.hashes)}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> RowSketch:
        """Rebuild a sketch from its JSON values; one of a former release, of other hashes, shares none."""
        return cls(stored["rows"], stored.get("keys", 0), tuple(stored["hashes"]))


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
            and sketch.contained_in(RowSketch.read(entry["numbers"][TEST_ROWS])) >= SHARED
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
