"""What a run was made from, by content: the tags that tie an artefact to its run."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from seqops.contract import Task
from seqops.store import Store, sha256_of, sha256_of_json


@dataclass(frozen=True)
class Identity:
    """Hashes of all that decides the weights."""

    data: str
    params: str
    code: str
    lock: str

    @classmethod
    def of(cls, store: Store, task: Task) -> Identity:
        """Hash the encoded data, the task's sections, the package's code and the lock."""
        sections = {key: task.section[key] for key in ("data", "model", "fit")}
        return cls(
            data=store.folder(task.name).data_sha256(),
            params=sha256_of_json(sections),
            code=code_sha256(),
            lock=sha256_of(store.lock) if store.lock.is_file() else "",
        )

    @property
    def fingerprint(self) -> str:
        """Name the state that may be gone on with: equal where nothing that decides has changed."""
        return sha256_of_json([self.data, self.params, self.code, self.lock])[:16]

    def tags(self) -> dict[str, str]:
        """Return the tags by which a run is found again."""
        return {
            "seqops.data_sha256": self.data,
            "seqops.params_sha256": self.params,
            "seqops.code_sha256": self.code,
            "seqops.lock_sha256": self.lock,
        }


def code_sha256() -> str:
    """Hash the source files of the installed package."""
    package = Path(__file__).resolve().parents[1]
    files = sorted(package.rglob("*.py"))
    return sha256_of_json([[f.relative_to(package).as_posix(), sha256_of(f)] for f in files])


def git_commit(root: Path) -> str:
    """Return the commit of a checkout, with `-dirty` where it was edited; empty outside git."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""
