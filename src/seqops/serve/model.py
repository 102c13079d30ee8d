"""The registered model: raw input in, records out, with all it needs in its own bundle.

MLflow runs this file to make the model, both when it is logged and when it is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
from mlflow.pyfunc import PythonModel, PythonModelContext

from seqops.params import Params
from seqops.store import read_json, sha256_of


class RawModel(PythonModel):
    """A task's network behind the encoding it was trained with."""

    def load_context(self, context: PythonModelContext) -> None:
        """Rebuild the network from params, meta and weights."""
        files = {name: Path(path) for name, path in context.artifacts.items()}
        manifest = read_json(files["manifest"])
        for name, sha256 in manifest["sha256"].items():
            if sha256_of(files[name]) != sha256:
                raise ValueError(
                    f"{name} of this bundle is not the file that was registered (sha256 differs)"
                )
        task = Params(files["params"], read_json(files["params"])).task(manifest["task"])
        self.data, self.network = task.data, task.network()
        self.meta = read_json(files["meta"])
        self.model = self.network.build(self.meta)
        self.model.load_weights(files["weights"])

    def predict(self, model_input: list[str], params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Answer each raw input with one record."""
        inputs = list(model_input)
        predicted = self.network.predict(self.model, self.data.request(inputs, self.meta), self.meta)
        return self.data.respond(predicted, inputs, self.meta)


mlflow.models.set_model(RawModel())
