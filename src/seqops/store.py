"""Every path of the project; arrays and JSON in and out; every write atomic."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tokenize
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from seqops.arrays import Array, Ragged, Split
from seqops.contract import BadData, Meta, SeqopsError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success fsync it and rename it over `path`.

    A kill or an error leaves the old file as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # the suffix stays, because Keras and pandas choose a format by it
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except OSError as error:
        # a failed write does not say where
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`; on success put it in the place of `path`.

    An error leaves the old folder as it was.
    """
    temporary, former = (path.with_name(f".{os.getpid()}.{kind}.{path.name}") for kind in ("new", "old"))
    for left in (temporary, former):
        # a killed process of the same number, as containers give them out, had the same names
        shutil.rmtree(left, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if path.exists():
            path.replace(former)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, all or nothing."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, UTF-8 as it is, NaN refused."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    write_bytes(path, (text + "\n").encode("utf-8"))


def read_json(path: Path) -> Any:
    """Read JSON. Raises BadData, naming the file, where it is missing or torn."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise missing(path) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "JSON", error) from None


def _damaged(path: Path, what: str, error: Exception) -> BadData:
    told = f"not readable as {what}: {' '.join(str(error).split())[:200]}"
    return BadData.at(path, None, told, "Run `dvc repro` again.")


def missing(path: Path) -> BadData:
    """Say that an earlier stage has not run."""
    return BadData(f"{path} does not exist. Run the stage that writes it: `dvc repro`.")


def sha256_of(path: Path) -> str:
    """Hash a file, or a folder as the sorted relative names and hashes of its files."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    entries = sorted(p for p in path.rglob("*") if p.is_file())
    lines = (f"{p.relative_to(path).as_posix()} {sha256_of(p)}\n" for p in entries)
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def sha256_of_json(value: Any) -> str:
    """Hash a JSON value in its canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def write_splits(folder: Path, splits: Mapping[str, Split]) -> None:
    """Write `<split>/<column>.npy`, or `.values.npy` and `.offsets.npy` where ragged, all or nothing."""
    with replacing_folder(folder) as temporary:
        for split_name, split in splits.items():
            for name, column in split.columns.items():
                base = temporary / split_name
                if isinstance(column, Ragged):
                    _write_array(base / f"{name}.values.npy", column.values)
                    _write_array(base / f"{name}.offsets.npy", column.offsets)
                else:
                    _write_array(base / f"{name}.npy", column)


def read_splits(folder: Path) -> dict[str, Split]:
    """Open splits memory-mapped. Raises BadData where the folder is missing or an array is torn."""
    if not folder.is_dir():
        raise missing(folder)
    return {path.name: _read_split(path) for path in sorted(folder.iterdir()) if path.is_dir()}


def _read_split(folder: Path) -> Split:
    columns: dict[str, Ragged | Array] = {}
    for path in sorted(folder.glob("*.npy")):
        name, _, part = path.name.removesuffix(".npy").partition(".")
        if part == "values":
            columns[name] = Ragged(_open_array(path), _open_array(folder / f"{name}.offsets.npy"))
        elif not part:
            columns[name] = _open_array(path)
    return Split(columns)


def _write_array(path: Path, array: Array) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _open_array(path: Path) -> Array:
    try:
        with suppress(ValueError):  # an empty file cannot be mapped
            return np.asanyarray(np.load(path, mmap_mode="r", allow_pickle=False))
        return np.asanyarray(np.load(path, allow_pickle=False))
    except (ValueError, EOFError, SyntaxError, tokenize.TokenError) as error:
        raise _damaged(path, "an array", error) from None


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, without an index."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: Path) -> pd.DataFrame:
    """Read a Parquet table. Raises BadData where it is missing or torn."""
    if not path.is_file():
        raise missing(path)
    try:
        return pd.read_parquet(path)
    except (OSError, pa.ArrowException, ValueError, KeyError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise _damaged(path, "a table", error) from None


@dataclass(frozen=True)
class Folder:
    """The artefacts of one task, `data/<task>/`."""

    path: Path

    @property
    def raw(self) -> Path:
        """Bytes as published."""
        return self.path / "raw"

    def raw_files(self) -> list[Path]:
        """List the raw files by name, none that a kill left half-written. Raises BadData without any."""
        files = sorted(p for p in self.raw.glob("[!.]*") if p.is_file())
        if not files:
            raise missing(self.raw)
        return files

    @property
    def validation(self) -> Path:
        """What Great Expectations found."""
        return self.path / "validation.json"

    @property
    def table(self) -> Path:
        """One row an example."""
        return self.path / "table.parquet"

    @property
    def arrays(self) -> Path:
        """Encoded splits."""
        return self.path / "arrays"

    @property
    def meta(self) -> Path:
        """What was learnt from the training rows."""
        return self.path / "meta.json"

    @property
    def weights(self) -> Path:
        """The trained weights."""
        return self.path / "model.weights.h5"

    @property
    def history(self) -> Path:
        """One row an epoch."""
        return self.path / "history.csv"

    @property
    def metrics(self) -> Path:
        """Scores with intervals, baselines, verdict."""
        return self.path / "metrics.json"

    @property
    def predictions(self) -> Path:
        """One row a test example."""
        return self.path / "predictions.parquet"

    @property
    def plots(self) -> Path:
        """Pictures, and the tables behind them."""
        return self.path / "plots"

    @property
    def report(self) -> Path:
        """The static page."""
        return self.path / "report.html"

    def encoded(self) -> tuple[dict[str, Split], Meta]:
        """Open what preprocess wrote."""
        return read_splits(self.arrays), read_json(self.meta)

    def data_sha256(self) -> str:
        """Hash the encoded data: arrays and meta."""
        return sha256_of_json([sha256_of(self.arrays), sha256_of(self.meta)])


@dataclass(frozen=True)
class Store:
    """The project on disk."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Store:
        """Find the project from any folder inside it, or by SEQOPS_ROOT. Raises SeqopsError."""
        chosen = os.environ.get("SEQOPS_ROOT")
        here = Path(chosen) if chosen else (start or Path.cwd())
        for folder in [here.resolve(), *here.resolve().parents]:
            if (folder / "params.yaml").is_file() and (folder / "dvc.yaml").is_file():
                return cls(folder)
        raise SeqopsError(
            f"no seqops project at {here} or above it (a folder with params.yaml and dvc.yaml). "
            "Change into the project, or name it in SEQOPS_ROOT."
        )

    @property
    def params(self) -> Path:
        """The only place where a value is chosen."""
        return self.root / "params.yaml"

    @property
    def catalog(self) -> Path:
        """Named public datasets."""
        return self.root / "data" / "catalog.yaml"

    @property
    def lock(self) -> Path:
        """Exact versions of every dependency."""
        return self.root / "requirements.lock"

    @property
    def state(self) -> Path:
        """Undeclared state that survives a kill: checkpoints, studies, the tracking store.

        SEQOPS_STATE names it where an experiment runs in a folder of its own.
        """
        return Path(os.environ.get("SEQOPS_STATE") or self.root / ".state")

    def folder(self, task: str) -> Folder:
        """Return the artefacts of a task."""
        return Folder(self.root / "data" / task)
