"""The paths of the project's files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from seqops.core.arrays_io import read_splits
from seqops.core.errors import SeqopsError
from seqops.core.files import read_json, sha256_of, sha256_of_json
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.raw_folder import files_in


@dataclass(frozen=True)
class TaskPaths:
    """The artefacts of one task, `data/<task>/`."""

    path: Path

    @property
    def raw(self) -> Path:
        """The raw files, as published."""
        return self.path / "raw"

    def raw_files(self) -> list[Path]:
        """List the raw files in the order of `source`. Raises DataError if there are none."""
        return files_in(self.raw)

    @property
    def validation(self) -> Path:
        """The results of Great Expectations."""
        return self.path / "validation.json"

    @property
    def table(self) -> Path:
        """The table: one row per example."""
        return self.path / "table.parquet"

    @property
    def arrays(self) -> Path:
        """The encoded splits."""
        return self.path / "arrays"

    @property
    def meta(self) -> Path:
        """The encoding fitted to the training rows."""
        return self.path / "meta.json"

    @property
    def weights(self) -> Path:
        """The trained weights."""
        return self.path / "model.weights.h5"

    @property
    def history(self) -> Path:
        """The training history: one row per epoch, and one for the initial model."""
        return self.path / "history.csv"

    @property
    def training(self) -> Path:
        """The trained model compared with the initial one on the validation rows."""
        return self.path / "training.json"

    @property
    def repeats(self) -> Path:
        """The weights of the same model trained with further seeds."""
        return self.path / "repeats"

    def repeated_weights(self, seed: int) -> Path:
        """The weights of the repeat with a seed."""
        return self.repeats / f"seed-{seed}.weights.h5"

    @property
    def evaluation(self) -> Path:
        """Scores with intervals, baselines, slices, verdict."""
        return self.path / "evaluation.json"

    @property
    def metrics(self) -> Path:
        """The headline of the evaluation: few numbers, which DVC shows and compares."""
        return self.path / "metrics.json"

    @property
    def predictions(self) -> Path:
        """The predictions: one row per test example."""
        return self.path / "predictions.parquet"

    @property
    def plots(self) -> Path:
        """The plots as images, which `dvc plots` shows."""
        return self.path / "plots"

    @property
    def plot_data(self) -> Path:
        """The data of the plots: one CSV table each."""
        return self.path / "plot_data"

    @property
    def report(self) -> Path:
        """The evaluation report, a static HTML page."""
        return self.path / "report.html"

    def encoded(self) -> tuple[dict[str, Split], Meta]:
        """Open the outputs of the preprocess stage."""
        return read_splits(self.arrays), read_json(self.meta)

    def data_sha256(self) -> str:
        """Hash the encoded data: arrays and meta."""
        return sha256_of_json([sha256_of(self.arrays), sha256_of(self.meta)])


@dataclass(frozen=True)
class Project:
    """The project on disk."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """Find the project from SEQOPS_ROOT or any folder inside it.

        Raises SeqopsError if there is none, or if DVC could not run its stages.
        """
        chosen = os.environ.get("SEQOPS_ROOT")
        here = Path(chosen) if chosen else (start or Path.cwd())
        for folder in [here.resolve(), *here.resolve().parents]:
            if (folder / "params.yaml").is_file() and (folder / "dvc.yaml").is_file():
                require_path(folder)
                return cls(folder)
        raise SeqopsError(
            f"no seqops project at {here} or above it (a folder with params.yaml and dvc.yaml). "
            "Change to the project's folder, or set SEQOPS_ROOT to it."
        )

    def require_own_data_folder(self) -> None:
        """Raise SeqopsError if data/ is a link out of the project, which DVC refuses."""
        folder = (self.root / "data").resolve()
        if not folder.is_relative_to(self.root.resolve()):
            raise SeqopsError(
                f"data is a link to {folder}, and DVC keeps its outputs inside the project. Make data a "
                "folder; to keep large files on another disk: `dvc cache dir --local FOLDER`, then "
                "`dvc config --local cache.type symlink`."
            )

    @property
    def params(self) -> Path:
        """params.yaml, the only place where settings are chosen."""
        return self.root / "params.yaml"

    @property
    def catalog(self) -> Path:
        """The catalogue of named public datasets."""
        return self.root / "data" / "catalog.yaml"

    @property
    def weights_catalog(self) -> Path:
        """The catalogue of pretrained weights."""
        return self.root / "data" / "weights.yaml"

    @property
    def lock(self) -> Path:
        """The exact versions of all dependencies."""
        return self.root / "requirements.lock"

    @property
    def state(self) -> Path:
        """State outside DVC that survives a kill: checkpoints, studies, the tracking store.

        SEQOPS_STATE overrides it if an experiment runs in its own folder.
        """
        return Path(os.environ.get("SEQOPS_STATE") or self.root / ".state")

    def task_paths(self, task: str) -> TaskPaths:
        """Return the paths of a task's artefacts."""
        return TaskPaths(self.root / "data" / task)


def require_path(folder: Path) -> None:
    """Raise SeqopsError for the path of a project in which DVC would end every stage with an error."""
    if found := [character for character in "{}" if character in str(folder)]:
        raise SeqopsError(
            f"{folder}: DVC takes {found[0]!r} in a path for a part of a variable. Rename that folder."
        )
