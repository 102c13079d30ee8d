"""Self-contained model bundles: code, params, meta, weights, drift reference, keys of rows, and hashes."""

from __future__ import annotations

import importlib.metadata
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import mlflow
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from seqops.core.files import sha256_of, write_json
from seqops.core.interfaces import Task
from seqops.core.project import TaskPaths
from seqops.core.task_parts import PARTS, module_of
from seqops.drift.reference import reference_of
from seqops.registry.seen_rows import write_fitted_keys
from seqops.tracking.code_closure import PACKAGE, ROOT, closure, third_party
from seqops.tracking.mlflow_runs import source_of

SERVING = "seqops.serving"


def log_bundle(task: Task, paths: TaskPaths, run_id: str, example: str) -> str:
    """Log a trained task as a model that takes raw input; return its URI."""
    with tempfile.TemporaryDirectory() as scratch:
        splits, meta = paths.encoded()
        weights = task.network().registered_weights(paths.weights, splits["test"], meta, Path(scratch))
        artifacts = {"weights": weights, "meta": paths.meta, "params": Path(scratch) / "params.json"}
        artifacts["reference"] = Path(scratch) / "reference.json"
        write_json(artifacts["reference"], reference_of(task.evaluation(), paths))
        artifacts["fitted_keys"] = write_fitted_keys(splits, Path(scratch))
        write_json(artifacts["params"], {"tasks": {task.name: {**task.section, "source": source_of(task)}}})
        manifest = Path(scratch) / "manifest.json"
        hashes = {name: sha256_of(path) for name, path in artifacts.items()}
        write_json(manifest, {"task": task.name, "sha256": hashes})
        modules = closure([SERVING, *(module_of(task.name, part) for part in PARTS)])
        code = copied(modules, Path(scratch) / "code")
        with mlflow.start_run(run_id=run_id):
            logged = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(modules[SERVING]),
                artifacts={name: str(path) for name, path in {**artifacts, "manifest": manifest}.items()},
                code_paths=[str(code)],
                input_example=[example],
                pip_requirements=requirements(modules),
            )
    return str(logged.model_uri)


def copied(modules: Mapping[str, Path], folder: Path) -> Path:
    """Copy modules into a folder, keeping the package structure; return the folder of the package."""
    for path in modules.values():
        copy = folder / PACKAGE / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder / PACKAGE


def requirements(modules: Mapping[str, Path]) -> list[str]:
    """Pin the project dependencies that the modules import to their installed versions."""
    declared = {
        canonicalize_name(Requirement(line).name) for line in importlib.metadata.requires(PACKAGE) or []
    }
    providers = importlib.metadata.packages_distributions()
    # Keras imports the backend that an environment variable names
    imported = third_party(modules) | {"tensorflow"}
    needed = {canonicalize_name(d) for name in imported for d in providers.get(name, ())}
    return [f"{name}=={importlib.metadata.version(name)}" for name in sorted(needed & declared)]
