"""What a source gives now, held apart from the data until it is found good."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from seqops.core.errors import DataError
from seqops.core.files import atomic_directory, sha256_of, write_json
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.retraining.row_diff import RowDiff, diff_rows
from seqops.runtime.console import err
from seqops.sources.fetch import FetchedFile, Fetcher


@dataclass(frozen=True)
class IncomingData:
    """The raw files of one task as its source gives them now."""

    store: Project
    task: Task
    folder: Path
    fetched: Sequence[FetchedFile]

    @classmethod
    def fetch(cls, project: Project, task: Task) -> IncomingData:
        """Bring the files. Raises SeqopsError where a source cannot be had or is not what is pinned."""
        folder = project.state / "retraining" / task.name / "incoming"
        shutil.rmtree(folder, ignore_errors=True)
        return cls(project, task, folder, Fetcher(project, task, err, folder).run())

    @property
    def current(self) -> Path:
        """The raw files that the pipeline has now."""
        return self.store.task_paths(self.task.name).raw

    @cached_property
    def sha256(self) -> str:
        """Hash what has arrived."""
        return sha256_of(self.folder)

    @cached_property
    def current_sha256(self) -> str:
        """Hash what is held; empty where there is nothing."""
        return sha256_of(self.current) if self.current.is_dir() else ""

    @cached_property
    def table(self) -> pd.DataFrame:
        """Parse what has arrived. Raises DataError where that fails."""
        return self.task.data.read(_files(self.folder))

    def diff(self) -> RowDiff:
        """Compare it with what is held; where that is nothing, or unreadable, every row is new."""
        try:
            before = self.task.data.read(_files(self.current)) if self.current_sha256 else self.table[:0]
        except DataError:
            before = self.table[:0]
        return diff_rows(before, self.table)

    def failed_expectations(self) -> list[str]:
        """Hold it to what the task expects; list what is wrong with it."""
        from seqops.validation import run_expectations

        try:
            report = run_expectations(
                self.task.data.with_checked_columns(self.table), self.task.data.expectations()
            )
        except DataError as error:
            return [str(error)]
        return [outcome.summary() for outcome in report.results if not outcome.passed]

    def accept(self) -> None:
        """Put it in the place of what is held, all or nothing."""
        with atomic_directory(self.current) as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        self.discard()

    def quarantine(self, reasons: Sequence[str]) -> Path:
        """Put it aside with the reasons; the same content lies there once, however often it comes."""
        place = self.store.task_paths(self.task.name).path / "quarantine" / self.sha256[:12]
        origins = {file.path.name: file.origin for file in self.fetched}
        with atomic_directory(place) as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
            write_json(folder / "reasons.json", {"reasons": list(reasons), "origins": origins})
        self.discard()
        return place

    def discard(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())
