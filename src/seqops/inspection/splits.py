"""Files named after the splits that they hold, such as eng.train, eng.testa and eng.testb."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from seqops.core.raw_folder import SplitName

NAMES: dict[SplitName, str] = {
    "train": r"train(ing)?",
    "validation": r"dev|valid(ation)?|val|testa",
    "test": r"test|testb|eval",
}


def split_named(path: Path) -> SplitName | None:
    """Return the split that the name of a file, or of its folder, names."""
    for text in (path.name, path.parent.name):
        words = re.split(r"[^a-z]+", text.lower())
        for split, pattern in NAMES.items():
            if any(re.fullmatch(pattern, word) for word in words):
                return split
    return None


def by_split(paths: Sequence[Path]) -> dict[SplitName, list[Path]]:
    """Divide files by the split in their names; empty unless all have one, train and test among them."""
    found: dict[SplitName, list[Path]] = {}
    for split in NAMES:
        if named := [path for path in paths if split_named(path) == split]:
            found[split] = named
    complete = sum(map(len, found.values())) == len(paths) and "train" in found and "test" in found
    return found if complete else {}
