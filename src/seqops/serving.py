"""The registered pyfunc model: answers raw input with the files in its own bundle.

MLflow executes this file to create the model, both when it is logged and when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext

from seqops.core.errors import DataError, SeqopsError
from seqops.core.files import read_json, sha256_of
from seqops.loaded_model import LoadedModel


class InvalidInputError(DataError, MlflowException):
    """An input that cannot be encoded; MLflow's server answers it with status 400 and the message."""


class RawModel(LoadedModel, PythonModel):
    """The model of a task, as MLflow loads, checks and asks it."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model from params, meta and weights. Raises SeqopsError if a file was altered."""
        files = {name: Path(path) for name, path in context.artifacts.items()}
        hashes = _hashes_of(files["manifest"], read_json(files["manifest"]))
        for name in ("params", "meta", "weights"):
            if sha256_of(files[name]) != hashes.get(name):
                raise SeqopsError(
                    f"{name} of this bundle is not the file that was registered (its sha256 differs): "
                    f"{files[name]}. Restore the file, or promote another version."
                )
        self.load(files)

    # MLflow infers no schema of the output from `object`, but warns of `Any`
    def predict(
        self, model_input: list[str], params: dict[str, Any] | None = None
    ) -> list[dict[str, object]]:
        """Return one record for each raw input. Raises InvalidInputError for invalid or too many inputs."""
        with _invalid_input():
            return super().predict(list(model_input))

    def predict_stream(self, model_input: Any, params: dict[str, Any] | None = None) -> Iterator[str]:
        """Yield the output for one raw input piece by piece.

        Raises InvalidInputError if it cannot be encoded, SeqopsError if the model does not stream.
        """
        with _invalid_input():
            yield from super().predict_stream(model_input)


@contextmanager
def _invalid_input() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise InvalidInputError(str(error), INVALID_PARAMETER_VALUE) from None


def _hashes_of(path: Path, manifest: Any) -> dict[str, str]:
    """Return the hashes of a bundle's files. Raises SeqopsError if the manifest is damaged."""
    if isinstance(manifest, dict):
        task, hashes = manifest.get("task"), manifest.get("sha256")
        if isinstance(task, str) and isinstance(hashes, dict):
            return hashes
    raise SeqopsError(
        f"the manifest of this bundle is damaged: {path}. Restore the file, or promote another version."
    )


mlflow.models.set_model(RawModel())
