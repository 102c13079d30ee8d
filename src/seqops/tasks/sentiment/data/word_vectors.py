"""Pretrained word vectors of the words of a vocabulary."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError, quoted
from seqops.core.interfaces import Meta
from seqops.preprocessing.vocabulary import index_of

Floats = npt.NDArray[np.float32]
FORMAT = "Write one word per line: the word and its numbers, separated by single spaces."


def read_vectors(path: Path, words: Sequence[str]) -> Meta:
    """Read the vectors of known words from a GloVe, word2vec-text or fastText file.

    Returns `places`, indices into `words`; `dimension`; and `rows`.

    The file is read line by line; a first line of two numbers, its size, is skipped. rows: little-endian
    half floats in base64, so that a meta of 20,000 words with 100 numbers each is 5 MB of JSON. Raises
    DataError if the file cannot be read or has none of the words.
    """
    known, found = index_of(words), dict[int, npt.NDArray[np.float16]]()
    width = 0
    for number, line in _lines(path):
        cells = line.rstrip().split(" ")
        if number == 1 and len(cells) == 2 and all(cell.isdecimal() for cell in cells):
            continue
        width = width or len(cells) - 1
        if len(cells) != width + 1 or width < 2:
            what = f"{len(cells) - 1} numbers, but the first word has {width}"
            raise DataError.at(path, number, what, FORMAT)
        if cells[0] in known and known[cells[0]] not in found:
            found[known[cells[0]]] = _numbers(path, number, cells[1:])
    if not found:
        raise DataError.at(
            path,
            None,
            "the file has none of the words of the training texts",
            "Set data.vectors to another file.",
        )
    places = sorted(found)
    rows = np.stack([found[place] for place in places])
    encoded = base64.b64encode(rows.astype("<f2").tobytes()).decode("ascii")
    return {"places": places, "dimension": width, "rows": encoded}


def rows_of(vectors: Meta) -> Floats:
    """Decode the rows that `read_vectors` encoded: (places, dimension)."""
    flat = np.frombuffer(base64.b64decode(vectors["rows"]), "<f2")
    return flat.reshape(-1, vectors["dimension"]).astype(np.float32)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if not path.is_file():
        raise DataError.at(path, None, "no such file", "Set data.vectors to a file of word vectors.")
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                fix = "Give the vectors as text, not in a binary format."
                raise DataError.at(path, number, "not UTF-8", fix) from None


def _numbers(path: Path, line: int, cells: Sequence[str]) -> npt.NDArray[np.float16]:
    try:
        numbers = np.array(cells, np.float32)
    except ValueError:
        raise DataError.at(path, line, f"not numbers: {quoted(' '.join(cells))}", FORMAT) from None
    if not (np.abs(numbers) <= np.finfo(np.float16).max).all():
        raise DataError.at(path, line, "a number is not finite or exceeds 65504 in magnitude", FORMAT)
    return numbers.astype(np.float16)
