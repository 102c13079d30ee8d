"""A registered version in a process of its own, running the code it was registered with.

An imported package takes precedence over the code in a bundle, so a version can run its own code only in
another process, which has not imported the current package. Requests and responses are JSON lines over
pipes; tables and arrays are files.
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
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.arrays_io import read_table, write_table
from seqops.core.errors import DataError, Refusal, RefusedInputsError, SeqopsError
from seqops.core.interfaces import DriftFeatures
from seqops.core.ragged import Array, Ragged
from seqops.registry import version_worker
from seqops.registry.environment_check import differences
from seqops.registry.verify import verified_copy
from seqops.runtime.console import err, exit_on_sigterm

if TYPE_CHECKING:
    import mlflow
    from mlflow.entities.model_registry import ModelVersion

    from seqops.registry.lookup import LocalVersion

LOAD_TIMEOUT = 300
"""Seconds that a version may take to load."""

RESPONSE_TIMEOUT = 3600
"""Seconds that a version may take between two messages."""


class CannotRunError(SeqopsError):
    """A version cannot run here: a dependency is missing or different, or its process died."""


@contextmanager
def running(client: mlflow.MlflowClient, version: ModelVersion | LocalVersion) -> Iterator[VersionProcess]:
    """Verify the files of a version and run it until the end of the block.

    Warns on stderr if the environment differs from the one it was registered in. Raises SeqopsError if its
    bundle is lost or not what was registered, CannotRunError if it cannot be loaded.
    """
    label = f"version {version.version} of {version.name}"
    with exit_on_sigterm(), tempfile.TemporaryDirectory() as scratch:
        bundle = verified_copy(client, version, Path(scratch))
        found = differences(bundle)
        if found:
            warning = f"{label} was registered with {', '.join(found)}: its predictions may differ."
            err.print(warning, markup=False, highlight=False)
        with (Path(scratch) / "stderr").open("w+b") as log:
            process = VersionProcess(label, bundle, log, RESPONSE_TIMEOUT, found)
            try:
                process.wait_until_ready(LOAD_TIMEOUT)
                yield process
            finally:
                process.close()


class VersionProcess:
    """A loaded version that handles one request at a time."""

    def __init__(
        self, label: str, bundle: Path, log: BinaryIO, response_timeout: float, differs: list[str]
    ) -> None:
        """Start the process.

        label: name of the version in messages; log: receives its stderr; response_timeout: seconds between
        two messages; differs: how the environment differs from the one it was registered in.
        """
        self._label, self._log = label, log
        self._response_timeout, self._differs = response_timeout, differs
        self._scratch, self._number = bundle.parent, 0
        # -P keeps the folder of the worker, which has modules of the current package, off sys.path
        command = [sys.executable, "-P", version_worker.__file__, str(bundle)]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until the version is loaded. Raises CannotRunError if that fails or takes longer."""
        message = self._next(seconds)
        if "error" in message:
            raise self._cannot_run(message["error"])

    def predict(self, inputs: list[str]) -> list[dict[str, Any]]:
        """Return one record for each raw input. Raises DataError if one cannot be encoded."""
        return list(self._ask("predict", inputs=inputs))

    def unknown_words(self, inputs: list[str]) -> list[str]:
        """List the words of raw inputs that are not in the version's vocabulary, as far as it tells."""
        return list(self._ask("unknown_words", inputs=inputs))

    def stream(self, request: str) -> Iterator[str]:
        """Yield the output for one raw input piece by piece.

        Raises DataError if it cannot be encoded, SeqopsError if the model does not stream.
        """
        return self._ask("stream", inputs=[request])

    def predict_split(self, table: Path, split: npt.NDArray[np.str_]) -> pd.DataFrame:
        """Predict the test rows of a table; split: the split of each row (n,)."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            names, predicted = Path(folder) / "split.npy", Path(folder) / "predicted.parquet"
            np.save(names, np.asarray(split, np.str_), allow_pickle=False)
            paths = {"table": str(table), "split": str(names), "predicted": str(predicted)}
            for _ in self._ask("predict_split", **paths):
                pass
            return read_table(predicted)

    def drift_features(self, table: pd.DataFrame, new: npt.NDArray[np.bool_]) -> DriftFeatures:
        """Return the monitored features of the new rows of a table; new: (n,)."""
        with self._written(table, new) as (folder, paths):
            described = list(self._ask("drift_features", features=str(folder), **paths))
            return {found["name"]: _feature(folder, n, found["ragged"]) for n, found in enumerate(described)}

    def drift_score(self, table: pd.DataFrame, new: npt.NDArray[np.bool_]) -> dict[str, Any] | None:
        """Return the score of the new test rows of a table as JSON values; new: (n,).

        None if there are no such rows, or if the version was registered before it was measured this way.
        """
        with self._written(table, new) as (_, paths):
            (found,) = self._ask("drift_score", **paths)
            return None if found is None else dict(found)

    @contextmanager
    def _written(
        self, table: pd.DataFrame, new: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[Path, dict[str, str]]]:
        """Write the arguments of a request about new rows into a folder that exists until the block ends."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as scratch:
            folder = Path(scratch)
            write_table(folder / "table.parquet", table)
            np.save(folder / "new.npy", new, allow_pickle=False)
            yield folder, {"table": str(folder / "table.parquet"), "new": str(folder / "new.npy")}

    def close(self) -> None:
        """Stop the process, even during a request."""
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
        with suppress(OSError):  # the process has died; reading the next message reports it
            self._process.stdin.write(request.encode())  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        while "done" not in (message := self._response_to(number)):
            if "error" in message:
                raise self._exception(message["error"])
            yield message["piece"]

    def _response_to(self, number: int) -> dict[str, Any]:
        # messages of an earlier request that was not read to its end, such as a stream, still arrive
        while (message := self._next(self._response_timeout))["number"] != number:
            pass
        return message

    def _read(self) -> None:
        with suppress(ValueError):  # the process died while it wrote a line
            for line in self._process.stdout or ():
                self._messages.put(json.loads(line))
        self._messages.put(None)

    def _next(self, seconds: float) -> dict[str, Any]:
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            raise CannotRunError(f"{self._label} did not answer within {seconds:g} s.") from None
        if message is None:
            self._messages.put(None)  # for later calls
            code = self._process.wait()
            self._log.seek(0)
            last = self._log.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise CannotRunError(f"{self._label} ended early (exit {code}). {' '.join(last)}".strip())
        return message

    def _exception(self, error: Mapping[str, Any]) -> SeqopsError:
        kind, message = error["kind"], error["message"]
        if kind == "input":
            refusals = [Refusal(**refusal) for refusal in error["refusals"]]
            return RefusedInputsError(refusals) if refusals else DataError(message)
        if kind == "import":
            return self._cannot_run(error)
        found = SeqopsError(message if kind == "refused" else f"{self._label} failed: {message}")
        found.add_note(error["trace"])  # shown by --debug
        return found

    def _cannot_run(self, error: Mapping[str, Any]) -> CannotRunError:
        differs = f" It was registered with {', '.join(self._differs)}." if self._differs else ""
        found = CannotRunError(
            f"{self._label} cannot run here: {error['message'].rstrip('.')}.{differs} "
            "Restore the environment it was registered in, or promote another version."
        )
        found.add_note(error["trace"])  # shown by --debug
        return found


def _feature(folder: Path, number: int, ragged: bool) -> Ragged | Array:
    values: Array = np.load(folder / f"{number}.values.npy", allow_pickle=False)
    return Ragged(values, np.load(folder / f"{number}.offsets.npy", allow_pickle=False)) if ragged else values
