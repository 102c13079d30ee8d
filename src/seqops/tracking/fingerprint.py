"""Content hashes of a run's inputs: the tags that link artefacts to their run."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from seqops.core.files import sha256_of, sha256_of_json
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.task_parts import TRAINED, module_of
from seqops.tracking.code_closure import closure

FIT = ("seqops.training.fit_model", "seqops.training.refit")


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of everything that determines the weights."""

    data: str
    params: str
    code: str
    lock: str

    @classmethod
    def compute(cls, project: Project, task: Task) -> Fingerprint:
        """Hash the encoded data, the task's sections, the training code and the lock file."""
        return cls(
            data=project.task_paths(task.name).data_sha256(),
            params=_params_sha256(task),
            code=code_sha256(task.name),
            lock=sha256_of(project.lock) if project.lock.is_file() else "",
        )

    def of_repeat(self, task: Task) -> Fingerprint:
        """Return the fingerprint of the same task with another seed."""
        return replace(self, params=_params_sha256(task))

    @property
    def digest(self) -> str:
        """The hash of all hashes; a checkpoint may be resumed only if it is equal."""
        return sha256_of_json([self.data, self.params, self.code, self.lock])[:16]

    def tags(self) -> dict[str, str]:
        """Return the tags by which a run is found."""
        return {
            "seqops.data_sha256": self.data,
            "seqops.params_sha256": self.params,
            "seqops.code_sha256": self.code,
            "seqops.lock_sha256": self.lock,
        }


def _params_sha256(task: Task) -> str:
    return sha256_of_json({key: task.section[key] for key in ("data", "model", "fit")})


def code_sha256(task: str) -> str:
    """Hash the modules that determine a task's weights: its own, those of the fit, and all they import."""
    reached = closure([*(module_of(task, part) for part in TRAINED), *FIT])
    return sha256_of_json([[name, sha256_of(path)] for name, path in reached.items()])


def git_commit(root: Path) -> str:
    """Return the commit of a checkout, with `-dirty` if it has changes; empty outside git."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""
