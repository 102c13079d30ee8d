"""The registered pyfunc model: predicts from raw input with the files in its own bundle.

MLflow executes this file to create the model, both when it is logged and when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext

from seqops.core.errors import DataError, SeqopsError
from seqops.core.files import read_json, sha256_of
from seqops.core.interfaces import DriftFeatures
from seqops.core.ragged import Split
from seqops.drift.features import features_of
from seqops.params import Params


class InvalidInputError(DataError, MlflowException):
    """An input that cannot be encoded; MLflow's server answers it with status 400 and the message."""


class RawModel(PythonModel):
    """The model of a task with the encoding it was trained with."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model from params, meta and weights. Raises SeqopsError if a file was altered."""
        files = {name: Path(path) for name, path in context.artifacts.items()}
        manifest = read_json(files["manifest"])
        task_name, hashes = _parse_manifest(files["manifest"], manifest)
        for name in ("params", "meta", "weights"):
            if sha256_of(files[name]) != hashes.get(name):
                raise SeqopsError(
                    f"{name} of this bundle is not the file that was registered (its sha256 differs): "
                    f"{files[name]}. Restore the file, or promote another version."
                )
        task = Params(files["params"], read_json(files["params"])).task(task_name)
        self.data, self.network = task.data, task.network()
        self.evaluation, self.endpoint = task.evaluation(), task.endpoint()
        self.meta = read_json(files["meta"])
        self.model = self.network.load(files["weights"], self.meta)

    # MLflow infers no schema of the output from `object`, but warns of `Any`
    def predict(
        self, model_input: list[str], params: dict[str, Any] | None = None
    ) -> list[dict[str, object]]:
        """Return one record for each raw input. Raises InvalidInputError for invalid or too many inputs."""
        inputs = list(model_input)
        predicted = self.network.predict(self.model, self._rows(inputs), self.meta)
        return self.endpoint.respond(predicted, inputs, self.meta)

    def predict_stream(self, model_input: Any, params: dict[str, Any] | None = None) -> Iterator[str]:
        """Yield the output for one raw input piece by piece.

        Raises InvalidInputError if it cannot be encoded, SeqopsError if the model does not stream.
        """
        inputs = [model_input] if isinstance(model_input, str) else list(model_input)
        yield from self.network.stream(self.model, self._rows(inputs), self.meta)

    def unknown_words(self, inputs: list[str]) -> list[str]:
        """List the words of raw inputs that are not in the model's vocabulary."""
        return self.endpoint.unknown_words(inputs, self.meta)

    def predict_split(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> pd.DataFrame:
        """Predict the test rows of a table; split: the split of each row (n,)."""
        rows = self.data.encode(table, split, self.meta)["test"]
        return self.network.predict(self.model, rows, self.meta)

    def drift_features(self, table: pd.DataFrame, new: npt.NDArray[np.bool_]) -> DriftFeatures:
        """Return the monitored features of the new rows of a table and their scores; new: (n,)."""
        return features_of(self.evaluation, self.network, self.model, self.meta, table, new)

    def _rows(self, inputs: list[str]) -> Split:
        try:
            self.endpoint.requests.check(inputs)
            return self.endpoint.parse(inputs, self.meta)
        except DataError as error:
            raise InvalidInputError(str(error), INVALID_PARAMETER_VALUE) from None


def _parse_manifest(path: Path, manifest: Any) -> tuple[str, dict[str, str]]:
    """Return the task and the hashes of its files. Raises SeqopsError if the manifest is damaged."""
    if isinstance(manifest, dict):
        task, hashes = manifest.get("task"), manifest.get("sha256")
        if isinstance(task, str) and isinstance(hashes, dict):
            return task, hashes
    raise SeqopsError(
        f"the manifest of this bundle is damaged: {path}. Restore the file, or promote another version."
    )


mlflow.models.set_model(RawModel())
