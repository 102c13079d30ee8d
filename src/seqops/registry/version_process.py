"""A registered version at work in a process of its own, on the code it was registered with.

A package that is imported already wins over the code in a bundle, so a version can run its own code only
where nothing of the present package was imported: in another process. Requests and answers are JSON lines
over pipes; tables and arrays are files.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.entities.model_registry import ModelVersion

from seqops.core.arrays_io import read_table, write_table
from seqops.core.errors import DataError, SeqopsError
from seqops.core.interfaces import DriftFeatures
from seqops.core.ragged import Array, Ragged
from seqops.registry import version_worker
from seqops.registry.environment_check import differences
from seqops.registry.verify import verified_copy
from seqops.runtime.console import err

START = 300
"""Seconds that a version may take to load."""

SILENCE = 3600
"""Seconds between two messages of a version, after which it is given up."""


class CannotRunError(SeqopsError):
    """A version cannot run here: what it needs is missing or different, or it died."""


@contextmanager
def running(
    client: mlflow.MlflowClient, version: ModelVersion, start: float = START, silence: float = SILENCE
) -> Iterator[VersionProcess]:
    """Start a version, which answers until the end of the block; its files are checked first.

    Says on stderr where the environment is not the one in which it was registered. Raises SeqopsError where
    its bundle is lost or not what was registered, CannotRunError where it cannot be loaded.
    """
    called = f"version {version.version} of {version.name}"
    with tempfile.TemporaryDirectory() as scratch:
        bundle = verified_copy(client, version, Path(scratch))
        other = differences(bundle)
        if other:
            warning = f"{called} was registered with {', '.join(other)}: its answers may differ."
            err.print(warning, markup=False, highlight=False)
        with (Path(scratch) / "stderr").open("w+b") as log:
            process = VersionProcess(called, bundle, log, silence, other)
            try:
                process.wait_until_ready(start)
                yield process
            finally:
                process.close()


class VersionProcess:
    """A loaded version that answers requests, one at a time."""

    def __init__(self, called: str, bundle: Path, log: BinaryIO, silence: float, other: list[str]) -> None:
        """Start the process.

        called: the version in words; log: takes what it prints; silence: see `SILENCE`; other: what differs
        from the environment in which it was registered.
        """
        self._called, self._log, self._silence, self._other = called, log, silence, other
        self._scratch, self._number = bundle.parent, 0
        # -P: the folder of the program, with modules of the present package, stays off the path
        command = [sys.executable, "-P", version_worker.__file__, str(bundle)]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until the version is loaded. Raises CannotRunError where it cannot be, or takes longer."""
        message = self._next(seconds)
        if "error" in message:
            raise self._cannot_run(message["error"])

    def predict(self, inputs: list[str]) -> list[dict[str, Any]]:
        """Answer each raw input with one record. Raises DataError where one cannot be encoded."""
        return list(self._ask("predict", inputs=inputs))

    def stream(self, request: str) -> Iterator[str]:
        """Answer one raw input piece by piece.

        Raises DataError, and SeqopsError where there are no pieces.
        """
        return self._ask("stream", inputs=[request])

    def predict_split(self, table: Path, split: npt.NDArray[np.str_]) -> pd.DataFrame:
        """Predict the rows of a table that are for testing; split: of each row (n,)."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            names, predicted = Path(folder) / "split.npy", Path(folder) / "predicted.parquet"
            np.save(names, np.asarray(split, np.str_), allow_pickle=False)
            paths = {"table": str(table), "split": str(names), "predicted": str(predicted)}
            for _ in self._ask("predict_split", **paths):
                pass
            return read_table(predicted)

    def drift_features(self, table: pd.DataFrame, new: npt.NDArray[np.bool_]) -> DriftFeatures:
        """Return what is watched of the new rows of a table, their scores included; new: (n,)."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as scratch:
            folder = Path(scratch)
            write_table(folder / "table.parquet", table)
            np.save(folder / "new.npy", new, allow_pickle=False)
            paths = {"table": folder / "table.parquet", "new": folder / "new.npy", "features": folder}
            described = list(self._ask("drift_features", **{name: str(p) for name, p in paths.items()}))
            return {found["name"]: _feature(folder, n, found["ragged"]) for n, found in enumerate(described)}

    def close(self) -> None:
        """End the process, whatever it is doing."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, call: str, **arguments: Any) -> Iterator[Any]:
        self._number += 1
        request = json.dumps({"number": (number := self._number), "call": call, **arguments}) + "\n"
        with suppress(OSError):  # of a process that has died: the next message says so
            self._process.stdin.write(request.encode())  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        while "done" not in (message := self._answer_to(number)):
            if "error" in message:
                raise self._refused(message["error"])
            yield message["piece"]

    def _answer_to(self, number: int) -> dict[str, Any]:
        # an answer that was not read to its end, as of a stream, is still on its way
        while (message := self._next(self._silence))["number"] != number:
            pass
        return message

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._messages.put(json.loads(line))
        self._messages.put(None)

    def _next(self, seconds: float) -> dict[str, Any]:
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            raise CannotRunError(f"{self._called} did not answer within {seconds:g} s.") from None
        if message is None:
            self._messages.put(None)  # for whoever asks again
            code = self._process.wait()
            self._log.seek(0)
            last = self._log.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise CannotRunError(f"{self._called} ended early (exit {code}). {' '.join(last)}".strip())
        return message

    def _refused(self, error: Mapping[str, str]) -> SeqopsError:
        kind, message = error["kind"], error["message"]
        if kind == "input":
            return DataError(message)
        if kind == "import":
            return self._cannot_run(error)
        found = SeqopsError(message if kind == "refused" else f"{self._called} failed: {message}")
        found.add_note(error["trace"])  # shown by --debug
        return found

    def _cannot_run(self, error: Mapping[str, str]) -> CannotRunError:
        differs = f" It was registered with {', '.join(self._other)}." if self._other else ""
        found = CannotRunError(
            f"{self._called} cannot run here: {error['message'].rstrip('.')}.{differs} "
            "Restore the environment it was registered in, or promote another version."
        )
        found.add_note(error["trace"])  # shown by --debug
        return found


def _feature(folder: Path, number: int, ragged: bool) -> Ragged | Array:
    values: Array = np.load(folder / f"{number}.values.npy", allow_pickle=False)
    return Ragged(values, np.load(folder / f"{number}.offsets.npy", allow_pickle=False)) if ragged else values
