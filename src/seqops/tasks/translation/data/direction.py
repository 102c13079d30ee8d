"""The direction of two parallel files, which is the same in all splits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from seqops.core.errors import DataError

FIX = "List the file of the source language first for every split."


def require_one_direction(parts: Iterable[tuple[str, Sequence[Path]]]) -> None:
    """Raise DataError if the files of one split go from English to French and those of another back.

    parts: each split with its files. A file's side is told by what its name has and that of the other file
    lacks, as `en` in train.en and train.fr.
    """
    files_of = dict(parts)
    sides = {split: _sides(*files) for split, files in files_of.items() if len(files) == 2}
    for split, found in sides.items():
        first = next(iter(sides.values()))
        if found == first[::-1] and found != first:
            names = [
                ", then ".join(path.name for path in files_of[name]) for name in (split, next(iter(sides)))
            ]
            raise DataError(f"{split} lists {names[0]}, but {next(iter(sides))} {names[1]}. {FIX}")


def _sides(source: Path, target: Path) -> tuple[Counter[str], Counter[str]]:
    """Return the words of each name that the other lacks."""
    first, second = (Counter(re.findall(r"[^\W\d_]+", path.name.lower())) for path in (source, target))
    return first - second, second - first
