"""Newly fetched data, kept apart from the raw data until they pass validation."""

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
from seqops.core.raw_folder import files_in
from seqops.core.settings import DownloadSettings
from seqops.retraining.row_diff import RowDiff, diff_rows
from seqops.runtime.console import err
from seqops.sources.fetch import FetchedFile, Fetcher


@dataclass(frozen=True)
class IncomingData:
    """The newly fetched raw files of one task."""

    project: Project
    task: Task
    folder: Path
    fetched: Sequence[FetchedFile]

    @classmethod
    def fetch(cls, project: Project, task: Task, settings: DownloadSettings) -> IncomingData:
        """Download the files. Raises SeqopsError if a source is unavailable or not the pinned one."""
        folder = project.state / "retraining" / task.name / "incoming"
        shutil.rmtree(folder, ignore_errors=True)
        return cls(project, task, folder, Fetcher(project, task, err, folder, settings=settings).run())

    @property
    def current(self) -> Path:
        """The folder of the pipeline's current raw files."""
        return self.project.task_paths(self.task.name).raw

    @cached_property
    def sha256(self) -> str:
        """sha256 of the fetched files."""
        return sha256_of(self.folder)

    @cached_property
    def current_sha256(self) -> str:
        """sha256 of the current files; empty if there are none."""
        return sha256_of(self.current) if self.current.is_dir() else ""

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows of the fetched files. Raises DataError if they cannot be parsed."""
        return self.task.data.read(files_in(self.folder))

    def diff(self) -> RowDiff:
        """Compare with the current rows; if there are none, or they are unreadable, every row is new."""
        try:
            before = self.task.data.read(files_in(self.current)) if self.current_sha256 else self.table[:0]
        except DataError:
            before = self.table[:0]
        return diff_rows(before, self.table)

    def failed_expectations(self) -> list[str]:
        """Check the rows against the expectations of the task; list those that failed."""
        from seqops.validation import run_expectations

        try:
            report = run_expectations(
                self.task.data.with_checked_columns(self.table), self.task.data.expectations()
            )
        except DataError as error:
            return [str(error)]
        return [outcome.summary() for outcome in report.results if not outcome.passed]

    def accept(self) -> None:
        """Replace the current files atomically."""
        with atomic_directory(self.current) as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        self.discard()

    def quarantine(self, reasons: Sequence[str]) -> Path:
        """Move the files to quarantine with the reasons; the same content is stored once."""
        quarantined = self.project.task_paths(self.task.name).path / "quarantine" / self.sha256[:12]
        origins = {file.path.relative_to(self.folder).as_posix(): file.origin for file in self.fetched}
        with atomic_directory(quarantined) as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
            write_json(folder / "reasons.json", {"reasons": list(reasons), "origins": origins})
        self.discard()
        return quarantined

    def discard(self) -> None:
        """Delete the fetched files."""
        shutil.rmtree(self.folder, ignore_errors=True)
