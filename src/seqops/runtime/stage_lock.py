"""One stage at a time works on the outputs of a task, with the params that it began with.

DVC keeps two of its own processes apart, but a stage goes on when its DVC is killed; and DVC records the
params that are in the file when a stage has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.core.yaml_file import Document
from seqops.runtime.leftovers import remove_leftovers
from seqops.runtime.locks import try_lock

SHARED = ("evaluation", "registry")
"""The sections of params.yaml that the stages of every task depend on."""


@contextmanager
def outputs_of(task: str) -> Iterator[None]:
    """Have the outputs of a task of the project for a block, and remove what killed stages left of them.

    Raises LockHeldError if another stage of the task runs, SeqopsError if its params change meanwhile.
    """
    project = Project.find()
    # not in SEQOPS_STATE, which DVC's experiments share: each has its own outputs
    path = project.root / ".state" / "stages" / f"{task}.lock"
    before = _params(project, task)
    with try_lock(path, f"a stage of {task}"):
        for folder in (project.task_paths(task).path, project.state / "train"):
            remove_leftovers(folder)
        yield
    changed = [key for key, value in _params(project, task).items() if before.get(key) != value]
    if changed:
        raise SeqopsError(
            f"{', '.join(changed)} of {project.params.name} changed while this stage ran, so its outputs "
            "are not recorded. Run `dvc repro` again."
        )


def _params(project: Project, task: str) -> dict[str, Any]:
    """Return the sections that the stages of a task depend on, by dotted key."""
    content = Document.load(project.params).content
    section = content["tasks"].get(task)
    sections = section.items() if isinstance(section, dict) else ()
    own = {f"tasks.{task}.{key}": value for key, value in sections if key != "search"}
    found = {**{key: content.get(key) for key in SHARED}, **own}
    return {key: json.loads(json.dumps(value)) for key, value in found.items()}
