"""Which task own files are for, and the section of params.yaml that reads them."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from seqops.core.errors import ConfigError, DataError, SeqopsError, quoted
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.raw_folder import Source, sources_of
from seqops.core.yaml_file import nearest
from seqops.inspection.annotation import annotation
from seqops.inspection.files import InputFile
from seqops.inspection.guess import POSSIBLE, Guess
from seqops.inspection.splits import by_split
from seqops.inspection.tables import odd_cell, odd_layout, ragged
from seqops.params import Params
from seqops.preprocessing.archive import pack
from seqops.preprocessing.encodings import is_utf8

LARGE = 5 << 20
"""Bytes of files that are not read a second time to check them: the stage `validate` does that."""
NEAR = 0.1
"""Guesses whose confidence differs by no more are for the user to decide."""
FORMATS = "docs/tasks/index.md has the formats."
FIX = f"Name its task by --task; {FORMATS}"


@dataclass(frozen=True)
class Candidate:
    """A task that may be meant, and what it takes the files for."""

    task: str
    guess: Guess


def candidates(params: Params, files: Sequence[InputFile], task: str | None) -> list[Candidate]:
    """Return the task that the files are likeliest for, and those that are nearly as likely.

    task: the only one that is asked. Raises ConfigError for an unknown task and DataError if none is likely.
    """
    if task is not None and task not in params.names:
        raise ConfigError(f"unknown task {quoted(task)}{nearest(task, params.names)}")
    found = [
        Candidate(name, guess)
        for name in _asked(params, files, task)
        if (guess := _detected(name, files)) is not None
    ]
    likely = [candidate for candidate in found if task or candidate.guess.confidence >= POSSIBLE]
    if not likely and files[0].members:
        raise _folder(files[0]) if files[0].path.is_dir() else _archive(files[0])
    if not likely:
        for file in files:
            file.require_utf8()
        what = f"does not look like data of the task {task}" if task else "looks like data of no task"
        why, fix = annotation(files[0])
        why = f"it has {why}" if why else odd_layout(files[0]) or ragged(files[0]) or odd_cell(files[0])
        if why:
            raise DataError.at(files[0].path, None, f"{what}: {why}", fix or FORMATS)
        raise DataError.at(files[0].path, None, what, FIX)
    likely.sort(key=lambda candidate: -candidate.guess.confidence)
    return [c for c in likely if c.guess.confidence >= likely[0].guess.confidence - NEAR]


def _asked(params: Params, files: Sequence[InputFile], task: str | None) -> Sequence[str]:
    """Return the tasks that may be meant: if a folder is named, those whose source may be one."""
    names = [task] if task else list(params.names)
    if any(file.path.is_dir() for file in files):
        return [name for name in names if params.task(name).data.takes_folders]
    return names


def _folder(file: InputFile) -> DataError:
    name = file.path.name
    fix = f"Name its files, or pack a folder of texts: `tar czf {name}.tar.gz {name}`."
    what = "is a folder, and not of pictures in folders named after labels"
    return DataError.at(file.path, None, what, fix)


def _archive(file: InputFile) -> DataError:
    names = ", ".join(file.members[:5]) + (" ..." if len(file.members) > 5 else "")
    what = (
        f"an archive of {len(file.members)} files ({names}), and not of texts or pictures in folders named "
        "after labels"
    )
    return DataError.at(file.path, None, what, "Unpack it, and name the file that you want.")


def _detected(task: str, files: Sequence[InputFile]) -> Guess | None:
    module = f"seqops.tasks.{task}.detection"
    if importlib.util.find_spec(module) is None:
        return None
    guess: Guess | None = importlib.import_module(module).detect(files)
    return guess


def source_of(project: Project, paths: Sequence[Path], takes_named_splits: bool) -> Source:
    """Write paths as a source: relative to the project where they are inside, with splits that names show.

    Raises SeqopsError for a file in a folder that the pipeline writes to, and for a name that is not UTF-8.
    """
    names = {path: _address(project, path) for path in paths}
    if takes_named_splits and len(paths) > 1 and (splits := by_split(paths)):
        return {split: _one_or_all([names[path] for path in part]) for split, part in splits.items()}
    return _one_or_all(list(names.values()))


def _one_or_all(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names


def _address(project: Project, path: Path) -> str:
    whole, root = path.resolve(), project.root.resolve()
    if whole.is_relative_to(root / "data"):
        raise SeqopsError(f"{path} is in data/, which the pipeline writes to. Move it to another folder.")
    address = whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)
    if not is_utf8(address):
        what = "its name is not UTF-8, which params.yaml is written in"
        raise SeqopsError(f"{path}: {what}. Rename it.")
    return address


def with_guess(
    params: Params, candidate: Candidate, source: Source, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings by dotted keys that differ from those of params.yaml; changes: the user's own.

    Raises ConfigError for an unknown key.
    """
    wanted = {"source": source, **candidate.guess.values, **changes}
    full = {f"tasks.{candidate.task}.{key}": value for key, value in wanted.items()}
    return {key: value for key, value in full.items() if _value(params, key) != value}


def _value(params: Params, key: str) -> Any:
    params.with_values({key: None})
    value: Any = params.content
    for part in key.split("."):
        value = value[part]
    return value


def is_large(files: Sequence[Path]) -> bool:
    """Return whether a check of the files would take long."""
    every = [each for path in files for each in ([path] if path.is_file() else path.rglob("*"))]
    return sum(path.stat().st_size for path in every) > LARGE


def read_by(task: Task, project: Project) -> pd.DataFrame:
    """Read the sources of a task as its stages do: the table with the columns that its checks read.

    Raises DataError for what the stages refuse.
    """
    with TemporaryDirectory() as folder:
        raw = []
        for split, address in sources_of(task.source):
            path = project.root / address
            copy = Path(folder) / split / path.name
            copy.parent.mkdir(exist_ok=True)
            if path.is_dir():
                pack(path, copy)
            else:
                shutil.copyfile(path, copy)
            raw.append(copy)
        table = task.data.read(raw)
    checked = task.data.with_checked_columns(table)
    task.data.resolved(table).check_model(task.section["model"])
    return checked
