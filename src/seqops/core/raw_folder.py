"""The raw files of a task: their order, and the splits that the source names them for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from seqops.core.errors import DataError
from seqops.core.files import missing, read_json, write_json

SplitName = Literal["train", "validation", "test"]
SPLIT_FOLDERS: tuple[SplitName, ...] = ("train", "validation", "test")
ORDER = ".order.json"
"""The file of a raw folder that lists its files in the order of `source`, if that is not by name."""


Addresses = str | list[str]
Source = Addresses | dict[SplitName, Addresses]
"""A file, an address or a name, a list of them, or such for each split."""


def sources_of(source: Source) -> list[tuple[str, str]]:
    """List sources in their order, each with the split that it is named for; empty: none.

    Those for training come first, in whatever order the splits are named.
    """
    named = {"": source}
    if isinstance(source, Mapping):
        named = {split: source[split] for split in SPLIT_FOLDERS if split in source}
    return [
        (split, address)
        for split, addresses in named.items()
        for address in ([addresses] if isinstance(addresses, str) else addresses)
    ]


def files_in(folder: Path) -> list[Path]:
    """List raw files in the order of `source`, without temporary files.

    A file that `source` names for a split is in the subfolder of that split. Raises DataError if there are
    no files, or if one of them is missing.
    """
    if (folder / ORDER).is_file():
        return [_existing(folder, name) for name in read_json(folder / ORDER)]
    if not (files := _by_name(folder)):
        raise missing(folder)
    return files


def write_order(folder: Path, names: Sequence[str]) -> None:
    """Record the order of the files in a folder, unless it is that of their names; names: relative to it."""
    if list(names) == [path.relative_to(folder).as_posix() for path in _by_name(folder)]:
        (folder / ORDER).unlink(missing_ok=True)
    else:
        write_json(folder / ORDER, list(names))


def split_of(path: Path) -> str:
    """Return the split that the source names a raw file for; empty: none."""
    return path.parent.name if path.parent.name in SPLIT_FOLDERS else ""


def _by_name(folder: Path) -> list[Path]:
    folders = [folder, *(folder / name for name in SPLIT_FOLDERS)]
    return [path for inner in folders for path in sorted(inner.glob("[!.]*")) if path.is_file()]


def _existing(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise DataError(f"{path} does not exist. Download it again: `dvc repro --force download@TASK`.")
    return path
