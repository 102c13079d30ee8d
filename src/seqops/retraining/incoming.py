"""What a source gives now, held apart from the data until it is found good."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from seqops.core.errors import BadData
from seqops.core.files import replacing_folder, sha256_of, write_json
from seqops.core.interfaces import Task
from seqops.core.project import Store
from seqops.retraining.row_diff import Changes, changes
from seqops.runtime.console import err
from seqops.sources.fetch import Fetched, Fetcher


@dataclass(frozen=True)
class Arrival:
    """The raw files of one task as its source gives them now."""

    store: Store
    task: Task
    folder: Path
    fetched: Sequence[Fetched]

    @classmethod
    def fetch(cls, store: Store, task: Task) -> Arrival:
        """Bring the files. Raises SeqopsError where a source cannot be had or is not what is pinned."""
        folder = store.state / "retraining" / task.name / "incoming"
        shutil.rmtree(folder, ignore_errors=True)
        return cls(store, task, folder, Fetcher(store, task, err, folder).run())

    @property
    def held(self) -> Path:
        """The raw files that the pipeline has now."""
        return self.store.folder(self.task.name).raw

    @cached_property
    def sha256(self) -> str:
        """Hash what has arrived."""
        return sha256_of(self.folder)

    @cached_property
    def held_sha256(self) -> str:
        """Hash what is held; empty where there is nothing."""
        return sha256_of(self.held) if self.held.is_dir() else ""

    @cached_property
    def table(self) -> pd.DataFrame:
        """Parse what has arrived. Raises BadData where that fails."""
        return self.task.data.read(_files(self.folder))

    def changes(self) -> Changes:
        """Compare it with what is held; where that is nothing, or unreadable, every row is new."""
        try:
            before = self.task.data.read(_files(self.held)) if self.held_sha256 else self.table[:0]
        except BadData:
            before = self.table[:0]
        return changes(before, self.table)

    def faults(self) -> list[str]:
        """Hold it to what the task expects; list what is wrong with it."""
        from seqops.validation import run

        try:
            report = run(self.task.data.facts(self.table), self.task.data.expectations())
        except BadData as error:
            return [str(error)]
        return [outcome.told() for outcome in report.outcomes if not outcome.passed]

    def accept(self) -> None:
        """Put it in the place of what is held, all or nothing."""
        with replacing_folder(self.held) as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        self.discard()

    def quarantine(self, reasons: Sequence[str]) -> Path:
        """Put it aside with the reasons; the same content lies there once, however often it comes."""
        place = self.store.folder(self.task.name).path / "quarantine" / self.sha256[:12]
        origins = {file.path.name: file.origin for file in self.fetched}
        with replacing_folder(place) as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
            write_json(folder / "reasons.json", {"reasons": list(reasons), "origins": origins})
        self.discard()
        return place

    def discard(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())
