"""The self-contained bundle of a model: code, params, meta, weights, drift reference and their hashes."""

from __future__ import annotations

import importlib.metadata
import re
import tempfile
import warnings
from pathlib import Path

import mlflow

from seqops.blocks.champion_drift import reference_of
from seqops.blocks.track import source_of
from seqops.contract import Task
from seqops.store import Folder, sha256_of, write_json

PACKAGE = Path(__file__).resolve().parents[1]
PROGRAM = PACKAGE / "serve" / "model.py"
ONLY_FOR_TRAINING = {
    "apscheduler",
    "dvc",
    "great-expectations",
    "matplotlib",
    "optuna",
    "optuna-integration",
    "jinja2",
    "packaging",
    "plotly",
    "requests",
    "urllib3",
    "seqeval",
    "sacrebleu",
}


def log_bundle(task: Task, folder: Folder, run_id: str, example: str) -> str:
    """Log a trained task as a model that takes raw input; return its URI."""
    with tempfile.TemporaryDirectory() as scratch:
        artifacts = {"weights": folder.weights, "meta": folder.meta, "params": Path(scratch) / "params.json"}
        artifacts["reference"] = Path(scratch) / "reference.json"
        write_json(artifacts["reference"], reference_of(task.data, folder))
        write_json(artifacts["params"], {"tasks": {task.name: {**task.section, "source": source_of(task)}}})
        manifest = Path(scratch) / "manifest.json"
        hashes = {name: sha256_of(path) for name, path in artifacts.items()}
        write_json(manifest, {"task": task.name, "sha256": hashes})
        with mlflow.start_run(run_id=run_id), warnings.catch_warnings():
            # records are of any type, as MLflow says at length
            warnings.simplefilter("ignore", UserWarning)
            logged = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(PROGRAM),
                artifacts={name: str(path) for name, path in {**artifacts, "manifest": manifest}.items()},
                code_paths=[str(PACKAGE)],
                input_example=[example],
                pip_requirements=requirements(),
            )
    return str(logged.model_uri)


def requirements() -> list[str]:
    """Pin what the project depends on, less what only training needs, to what is installed."""
    wanted = importlib.metadata.requires("seqops") or []
    names = [re.split(r"[^A-Za-z0-9._-]", line)[0] for line in wanted if "extra ==" not in line]
    kept = sorted(n for n in names if n not in ONLY_FOR_TRAINING)
    return [f"{name}=={importlib.metadata.version(name)}" for name in kept]
