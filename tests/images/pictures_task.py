"""The task configured by params.yaml with a few values changed, and small pictures."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from seqops.params import Params
from seqops.tasks.images.data.dataset import Dataset

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")


def task(**changed: object) -> Dataset:
    return dataclasses.replace(PARAMS.task("images").data, **changed)  # type: ignore[type-var,return-value]


def png(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def grey(value: int, side: int = 8) -> bytes:
    return png(Image.new("L", (side, side), value))


def zipped(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
