"""The check of `seqops doctor` that looks at the data of every task."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from seqops.cli.findings import Finding, run
from seqops.core.files import sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.experiments import own_data, source_check
from seqops.params import Params
from seqops.runtime.console import err
from seqops.sources import catalog
from seqops.sources.fetch import Fetcher, generators_of


def data(project: Project) -> Iterator[Finding]:
    """Compare raw files with the hashes pinned for them, and name what the stages would refuse."""
    loaded = Params.load(project.params)
    for name in loaded.names:
        yield from run(f"data {name}", partial(_source, loaded=loaded, task_name=name), project)


def _source(project: Project, loaded: Params, task_name: str) -> Iterator[Finding]:
    task = loaded.task(task_name)
    if own := source_check.own_files(project, task):
        yield _own(project, task, own)
        return
    name, paths = f"data {task.name}", project.task_paths(task.name)
    if not paths.raw.is_dir():
        yield Finding(name, True, f"not downloaded yet: run `dvc repro download@{task.name}`")
        return
    raw = paths.raw_files()
    found = {path.name: sha256_of(path) for path in raw}
    wrong = [file for file, hashes in _pinned(project, task).items() if found.get(file) not in hashes]
    if wrong:
        fix = f"Download it again: `dvc repro --force download@{task.name}`."
        yield Finding(name, False, f"{', '.join(wrong)}: not the pinned content of {task.source}. {fix}")
    else:
        yield _checked(task, raw)


def _own(project: Project, task: Task, files: Sequence[Path]) -> Finding:
    """Copy the user's files as the stage `download` does, and check the copies."""
    if all(path.is_file() for path in files) and own_data.is_large(files):
        return _checked(task, files)
    with TemporaryDirectory() as folder:
        fetched = Fetcher(
            project, task, err, Path(folder) / "raw", downloads=Path(folder) / "downloads"
        ).run()
        return _checked(task, [file.path for file in fetched])


def _checked(task: Task, raw: Sequence[Path]) -> Finding:
    name, files = f"data {task.name}", ", ".join(path.name for path in raw)
    if own_data.is_large(raw):
        return Finding(name, True, f"{files}: large, so only `dvc repro validate@{task.name}` reads it")
    if refused := source_check.refusals(task, raw):
        return Finding(name, False, "\n  ".join([f"{files} would be refused:", *refused]))
    return Finding(name, True, f"{files}: read and accepted")


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
