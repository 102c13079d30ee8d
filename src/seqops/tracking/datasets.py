"""The splits of a task as the dataset inputs of a run, which the MLflow UI lists with their context."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.http_dataset_source import HTTPDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from seqops.core.ragged import Split

CONTEXTS = {"train": "training", "validation": "validation", "test": "testing"}


def dataset_inputs(
    task: str, source: str, data_sha256: str, splits: Mapping[str, Split]
) -> list[DatasetInput]:
    """Return one input for each split, with its number of rows; source: without secrets."""
    one_url = source.startswith("http") and "," not in source
    at = HTTPDatasetSource(source) if one_url else CodeDatasetSource({"source": source})
    return [
        DatasetInput(
            Dataset(
                **MetaDataset(at, f"{task}-{split}", data_sha256[:8]).to_dict(),
                profile=json.dumps({"num_rows": len(rows)}),
            ),
            [InputTag(MLFLOW_DATASET_CONTEXT, CONTEXTS.get(split, split))],
        )
        for split, rows in splits.items()
    ]
