"""Whether files hold labelled pictures, and the settings that read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from seqops.inspection.files import InputFile
from seqops.inspection.guess import CERTAIN, Guess
from seqops.inspection.tables import few_values
from seqops.preprocessing.archive import members
from seqops.preprocessing.csv_table import read_csv_rows
from seqops.preprocessing.text_file import MAX_UNPACKED, decode, unpacked
from seqops.tasks.images.data.array_files import CHANNELS, SIDE, published_split
from seqops.tasks.images.data.picture_files import SHAPE, SPLITS, SUFFIXES
from seqops.tasks.images.data.pictures import Picture

LOOKED_AT = 50
"""Pictures that are decoded to choose a size."""
MOST_LABELS = 1000
LARGEST = 64
"""Pixels of the larger side, at most, to which pictures are resized unless the user asks for more."""
STEP = 4
"""The sides are multiples of it, so that blocks and patches divide them."""
LABEL = re.compile(r"(label|class|category|target|species|name|y)s?", re.IGNORECASE)
RESET = {
    "data.labels": [],
    "data.pretext_labels": [],
    "data.names": [],
    "data.max_labelled": 0,
    "data.pretrained": "",
}


def detect(files: Sequence[InputFile]) -> Guess | None:
    """Take IDX files, batches of CIFAR, and folders or archives of pictures for labelled pictures."""
    if all(file.binary for file in files):
        return _arrays(files)
    if any(file.binary or not file.members for file in files):
        return None
    names = [name for file in files for name in file.members]
    if any(name.endswith(".bin") for name in names):
        return _cifar([PurePosixPath(name).name for name in names if name.endswith(".bin")])
    pictures = [name for name in names if name.lower().endswith(SUFFIXES)]
    if not pictures:
        return None
    tables = [name for name in names if name.lower().endswith(".csv")]
    return _table(files[0], tables[0]) if len(tables) == len(files) == 1 else _folders(files, pictures)


def _arrays(files: Sequence[InputFile]) -> Guess:
    if any(file.binary == "cifar" for file in files):
        return _cifar([file.path.name for file in files])
    shapes = {file.path: _shape(file.path) for file in files}
    path, shape = next(((p, s) for p, s in shapes.items() if len(s) > 1), (files[0].path, (0, 0, 0)))
    channels = 3 if shape[3:] == (3,) else 1
    split = _split(published_split(file.path.name) for file in files)
    reason = f"{path.name} is an IDX file of {shape[0]:,} pictures of {shape[1]} x {shape[2]} pixels"
    values = {**RESET, "data.layout": "idx", "data.split": split, **_size(shape[1], shape[2], channels)}
    return Guess(CERTAIN, "pictures in IDX files", (reason,), values)


def _shape(path: Path) -> tuple[int, ...]:
    """Return the sizes in the header of an IDX file."""
    start = unpacked(path)[:20]
    return tuple(int(size) for size in np.frombuffer(start[4 : 4 + 4 * start[3]], ">u4"))


def _cifar(names: Sequence[str]) -> Guess:
    split = _split(map(published_split, names))
    values = {**RESET, "data.layout": "cifar", "data.split": split, **_size(SIDE, SIDE, CHANNELS)}
    return Guess(CERTAIN, "binary batches of CIFAR", (f"{len(names)} binary batches of CIFAR",), values)


def _folders(files: Sequence[InputFile], pictures: Sequence[str]) -> Guess | None:
    """Find `<any>/<label>/<picture>`."""
    parts = [PurePosixPath(name).parts for name in pictures]
    counts = Counter(part[-2] for part in parts if len(part) > 1)
    if len(counts) < 2 or counts.total() < len(pictures):
        return None
    shown = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())[:10])
    split = _split(part[-3] for part in parts if len(part) > 2 and part[-3] in SPLITS)
    size, doubts = _usual_size(files[0])
    reasons = [f"pictures in {len(counts)} folders named after labels: {shown}"]
    if split == "published":
        reasons.append("the folder test is the test")
    values = {**RESET, "data.layout": "folders", "data.split": split, **size}
    return Guess(CERTAIN, "pictures in folders", tuple(reasons), values, doubts)


def _table(file: InputFile, name: str) -> Guess | None:
    """Find the column of paths, by its cells, and that of labels in the table of an archive."""
    [content] = _contents(file, [name]).values()
    place = Path(PurePosixPath(name).name)
    _, rows = read_csv_rows(place, decode(file.path, content, member=name), SHAPE)
    columns = {head: [row[i] for row in rows[1:]] for i, head in enumerate(rows[0])}
    paths = [head for head, cells in columns.items() if cells and cells[0].strip().lower().endswith(SUFFIXES)]
    labels = [head for head, cells in columns.items() if few_values(cells, MOST_LABELS) and head not in paths]
    labels.sort(key=lambda head: LABEL.fullmatch(head) is None)
    if not paths or not labels:
        return None
    size, doubts = _usual_size(file)
    values = {
        **RESET,
        "data.layout": "table",
        "data.path": paths[0],
        "data.label": labels[0],
        "data.split": "grouped",
        **size,
    }
    reason = f"{name} has {len(rows) - 1:,} paths in column {paths[0]}, labels in column {labels[0]}"
    return Guess(CERTAIN, "pictures and a table of their labels", (reason,), values, doubts)


def _split(published: Any) -> str:
    return "published" if {"train", "test"} <= {*published} else "grouped"


def _usual_size(file: InputFile) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Choose the size of most pictures, or a smaller one of their shape, which is a doubt."""
    pictures = [name for name in file.members if name.lower().endswith(SUFFIXES)]
    looked = pictures[:: -(-len(pictures) // LOOKED_AT)]
    decoded = [Picture.decode(content) for content in _contents(file, looked).values()]
    sides = np.median([picture.size for picture in decoded], axis=0)
    scale = min(1.0, LARGEST / sides.max())
    height, width = (max(STEP, round(side * scale / STEP) * STEP) for side in sides)
    colour = any(np.ptp(np.asarray(each.image.convert("RGB")), axis=2).any() for each in decoded)
    doubts: tuple[str, ...] = ()
    if {picture.size for picture in decoded} != {(height, width)}:
        usual = f"{sides[0]:.0f} x {sides[1]:.0f}"
        doubts = (
            f"pictures, of {usual} mostly, are resized to {height} x {width} (data.height, data.width)",
        )
    return _size(height, width, 3 if colour else 1), doubts


def _size(height: int, width: int, channels: int) -> dict[str, int]:
    return {"data.height": height, "data.width": width, "data.channels": channels}


def _contents(file: InputFile, names: Sequence[str]) -> dict[str, bytes]:
    """Read members of a folder or of an archive."""
    if file.path.is_dir():
        return {name: (file.path / name).read_bytes() for name in names}
    wanted = {*names}
    return dict(members(file.path, MAX_UNPACKED, wanted.__contains__))
