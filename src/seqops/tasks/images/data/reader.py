"""Reader of labelled pictures: IDX files, CIFAR's batches, folders, or a table of paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from seqops.core.errors import DataError
from seqops.preprocessing.named_splits import concat_files
from seqops.tasks.images.data.array_files import LabelledPicture, read_cifar, read_idx
from seqops.tasks.images.data.picture_files import read_folders, read_table
from seqops.tasks.images.data.pictures import FIX, Picture, PictureError

Layout = Literal["idx", "cifar", "folders", "table"]


def read_rows(raw: Sequence[Path], layout: Layout, path_column: str, label_column: str) -> pd.DataFrame:
    """Parse raw files to one row per picture: line, name, label, published, picture, height, width, content,
    signature.

    picture: its encoded bytes; content: a hash of its pixels; signature: a small grey copy of them. Raises
    DataError if a file cannot be parsed, or a picture cannot be decoded.
    """
    if layout == "idx":
        parts = list(read_idx(raw))
    elif layout == "cifar":
        parts = [(path, read_cifar(path)) for path in raw]
    elif layout == "folders":
        parts = [(path, read_folders(path)) for path in raw]
    else:
        parts = [(path, read_table(path, path_column, label_column)) for path in raw]
    files = [path for path, _ in parts]
    return concat_files(files, [_table_of(path, pictures) for path, pictures in parts])


def _table_of(path: Path, pictures: Sequence[LabelledPicture]) -> pd.DataFrame:
    rows = [_row(path, each) for each in pictures]
    columns = ("line", "name", "label", "published", "picture", "height", "width", "content", "signature")
    return pd.DataFrame({name: [row[name] for row in rows] for name in columns})


def _row(path: Path, each: LabelledPicture) -> dict[str, Any]:
    if not each.label:
        raise DataError.at(path, each.line, f"{each.name} has no label", "Give every picture a label.")
    try:
        picture = Picture.decode(each.content)
    except PictureError as error:
        raise DataError.at(path, None, f"{each.name} is {error}", FIX) from None
    height, width = picture.size
    return {
        "line": each.line,
        "name": each.name,
        "label": each.label,
        "published": each.published,
        "picture": each.content,
        "height": height,
        "width": width,
        "content": picture.content_hash(),
        "signature": picture.signature(),
    }
