"""Files of pictures as arrays: IDX (the MNIST family) and the binary batches of CIFAR."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError
from seqops.core.raw_folder import split_of
from seqops.preprocessing.archive import is_archive, members, names_of
from seqops.preprocessing.text_file import MAX_UNPACKED, unpacked
from seqops.tasks.images.data.pictures import Pixels, encode

Bytes = npt.NDArray[np.uint8]
MAGIC = b"\0\0\x08"
"""The beginning of an IDX file of unsigned bytes; the number of dimensions follows."""
SIDE, CHANNELS = 32, 3
"""Of a picture of CIFAR."""
PUBLISHED = {"train": "train", "data_batch": "train", "test": "test", "t10k": "test"}
"""How a file name of a published split begins."""


@dataclass(frozen=True)
class LabelledPicture:
    """One picture; line: its number in the file, from 1; published: the split that the publisher assigned."""

    line: int
    name: str
    label: str
    content: bytes
    published: str = ""


def published_split(name: str) -> str:
    """Return the split that the publisher's name of a file tells; empty: none."""
    start = re.match("|".join(PUBLISHED), name)
    return PUBLISHED[start[0]] if start else ""


def read_idx(raw: Sequence[Path]) -> Iterator[tuple[Path, list[LabelledPicture]]]:
    """Read IDX files, for each file of pictures one of labels with the same name but for that word.

    Yields the file of pictures with its content. Raises DataError for what is no such pair.
    """
    arrays = {path: _idx(path) for path in raw}
    labels = {_pair(path): path for path, array in arrays.items() if array.ndim == 1}
    for path, pixels in arrays.items():
        if pixels.ndim == 1:
            continue
        if _pair(path) not in labels:
            fix = "Name the file of labels beside it: the same name, with `labels` for `images`."
            raise DataError.at(path, None, "no file has the labels of these pictures", fix)
        of = arrays[labels[_pair(path)]]
        if len(of) != len(pixels):
            what = f"{len(pixels):,} pictures, but {len(of):,} labels in {labels[_pair(path)].name}"
            raise DataError.at(path, None, what, "Download both files again.")
        shaped = pixels if pixels.ndim == 4 else pixels[..., None]
        yield path, list(_pictures(path.name, shaped, [str(label) for label in of]))
    if len(labels) == len(arrays):
        raise DataError.at(raw[0], None, "labels without pictures", "Name the file of pictures, too.")


def read_cifar(path: Path) -> list[LabelledPicture]:
    """Read a binary batch of CIFAR-10, or the archive of all of them (Krizhevsky 2009).

    A row is a byte with the label, then 32 x 32 bytes of red, of green and of blue. The names of the classes
    are those of `batches.meta.txt`, if the archive has it. Raises DataError.
    """
    if not is_archive(path) or not names_of(path, MAX_UNPACKED):
        return list(_batch(path, path.name, unpacked(path), []))
    wanted = sorted(members(path, MAX_UNPACKED, lambda name: name.endswith((".bin", "batches.meta.txt"))))
    names = [content.decode("utf-8", "replace").split() for name, content in wanted if name.endswith(".txt")]
    found: list[LabelledPicture] = []
    for name, content in wanted:
        if name.endswith(".bin"):
            found += _batch(path, name.rpartition("/")[2], content, names[0] if names else [], len(found))
    if not found:
        raise DataError.at(path, None, "has no file *.bin", "Name the binary version of CIFAR-10.")
    return found


def _batch(
    path: Path, name: str, content: bytes, classes: Sequence[str], before: int = 0
) -> Iterator[LabelledPicture]:
    size = SIDE * SIDE * CHANNELS
    if not content or len(content) % (size + 1):
        what = f"{name} is not a binary batch of CIFAR-10: {len(content):,} bytes are no rows of {size + 1:,}"
        raise DataError.at(path, None, what, "Download the binary version again.")
    rows = np.frombuffer(content, np.uint8).reshape(-1, size + 1)
    pixels = np.moveaxis(rows[:, 1:].reshape(-1, CHANNELS, SIDE, SIDE), 1, 3)
    labels = [classes[label] if label < len(classes) else str(label) for label in rows[:, 0]]
    yield from _pictures(name, pixels, labels, before)


def _pictures(name: str, pixels: Pixels, labels: Sequence[str], before: int = 0) -> Iterator[LabelledPicture]:
    published = published_split(name)
    for number, (each, label) in enumerate(zip(pixels, labels, strict=True), before + 1):
        yield LabelledPicture(number, f"{name} {number}", label, encode(each), published)


def _pair(path: Path) -> str:
    """Name what a file of pictures and its file of labels have in common."""
    kind = re.sub(r"images|labels|idx\d", "", path.name.removesuffix(".gz"))
    return f"{split_of(path)}/{kind}"


def _idx(path: Path) -> Bytes:
    """Return the array of an IDX file, which may be gzipped. Raises DataError."""
    content = unpacked(path)
    if content[:3] != MAGIC or len(content) < 4 or content[3] not in (1, 3, 4):
        fix = "Give IDX files of bytes: labels (n), pictures (n, height, width) or (n, height, width, 3)."
        raise DataError.at(path, None, "not an IDX file of pictures or labels", fix)
    start = 4 + 4 * content[3]
    shape = [int(size) for size in np.frombuffer(content[4:start], ">u4")] if len(content) >= start else [0]
    if int(np.prod(shape, dtype=object)) != len(content) - start or 0 in shape:
        what = f"its header promises {' x '.join(map(str, shape))} bytes, but {len(content) - start:,} follow"
        raise DataError.at(path, None, what, "Download it again.")
    if len(shape) == 4 and shape[3] not in (1, 3):
        raise DataError.at(path, None, f"pictures of {shape[3]} channels", "Give grey or RGB pictures.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
