"""A trained model with the encoding it was trained with: raw input in, answers out, without MLflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.files import read_json
from seqops.core.interfaces import DriftFeatures
from seqops.core.ragged import Split
from seqops.params import Params


class LoadedModel:
    """The model of a task, as it is in the files of a bundle."""

    def load(self, files: Mapping[str, Path]) -> Self:
        """Load the model from its manifest, params, meta and weights, which were verified before."""
        task = Params(files["params"], read_json(files["params"])).task(read_json(files["manifest"])["task"])
        self.data, self.network, self.endpoint = task.data, task.network(), task.endpoint()
        self.evaluation = task.evaluation  # imported when drift is measured
        self.meta = read_json(files["meta"])
        self.model = self.network.load(files["weights"], self.meta)
        return self

    def predict(self, model_input: list[str]) -> list[dict[str, object]]:
        """Return one record for each raw input. Raises DataError for invalid or too many inputs."""
        predicted = self.network.predict(self.model, self._rows(model_input), self.meta)
        return self.endpoint.respond(predicted, model_input, self.meta)

    def predict_stream(self, model_input: Any) -> Iterator[str]:
        """Yield the output for one raw input piece by piece.

        Raises DataError if it cannot be encoded, SeqopsError if the model does not stream.
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
        """Return the monitored features of the new rows of a table; new: (n,)."""
        from seqops.drift.features import features_of

        return features_of(self.evaluation(), self.meta, table, new)

    def drift_score(self, table: pd.DataFrame, new: npt.NDArray[np.bool_]) -> dict[str, Any] | None:
        """Return the score of the new test rows of a table as JSON values, None without any; new: (n,)."""
        from seqops.drift.features import score_of

        found = score_of(self.evaluation(), self.network, self.model, self.meta, table, new)
        return None if found is None else found.to_json()

    def _rows(self, inputs: list[str]) -> Split:
        self.endpoint.requests.check(inputs)
        return self.endpoint.parse(inputs, self.meta)
