"""The check of `seqops doctor` that looks at the raw files of every task."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial

from seqops.cli.findings import Finding, run
from seqops.core.files import sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.params import Params
from seqops.sources import catalog
from seqops.sources.fetch import generators_of


def data(project: Project) -> Iterator[Finding]:
    """Compare the raw files of every task with the hashes pinned for its source."""
    loaded = Params.load(project.params)
    for name in loaded.names:
        yield from run(f"data {name}", partial(_raw, loaded=loaded, task_name=name), project)


def _raw(project: Project, loaded: Params, task_name: str) -> Iterator[Finding]:
    task = loaded.task(task_name)
    name, raw = f"data {task.name}", project.task_paths(task.name).raw
    if not raw.is_dir():
        yield Finding(name, True, f"not downloaded yet: run `dvc repro download@{task.name}`")
        return
    found = {path.name: sha256_of(path) for path in project.task_paths(task.name).raw_files()}
    wrong = [file for file, hashes in _pinned(project, task).items() if found.get(file) not in hashes]
    if wrong:
        fix = f"Download it again: `dvc repro --force download@{task.name}`."
        yield Finding(name, False, f"{', '.join(wrong)}: not the pinned content of {task.source}. {fix}")
    else:
        yield Finding(name, True, ", ".join(found))


def _pinned(project: Project, task: Task) -> dict[str, tuple[str, ...]]:
    """Return the sha256 values allowed for each raw file; empty for the user's own files."""
    if not isinstance(task.source, str):
        return {}
    generators, entries = generators_of(task), catalog.read_catalog(project.catalog)
    if task.source in generators:
        made = generators[task.source]()
        return {file: (hashlib.sha256(content).hexdigest(),) for file, content in made.items()}
    entry = entries.get(task.source)
    return {entry.raw_name: entry.sha256} if entry else {}
