"""Waiting for DVC, which refuses a second command that would use the files of a first one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.runtime.console import err
from seqops.runtime.locks import exclusive_lock

POLL = 1.0  # seconds


@contextmanager
def one_dvc(project: Project, task: str) -> Iterator[None]:
    """Run a command of DVC on a task after those that other commands of seqops run on it."""
    with exclusive_lock(project.root / ".state" / "stages" / f"{task}.dvc.lock"):
        yield


def remove_cut_list(project: Project) -> None:
    """Delete DVC's list of the files in use, if a `dvc` that was killed while it wrote the list cut it.

    DVC would refuse every command until somebody deletes it. What it held of other commands is lost; they
    still have the outputs of their task for themselves.
    """
    path = project.root / ".dvc" / "tmp" / "rwlock"
    if not _is_cut(path):
        return
    from dvc.lock import LockError, make_lock

    # the lock under which DVC reads and writes the list; who holds it now is writing
    with suppress(LockError), make_lock(f"{path}.lock", tmp_dir=str(path.parent)):
        if _is_cut(path):
            path.unlink()
            what = "a `dvc` that was killed had left its list of files in use unfinished"
            err.print(f"Deleted {path.relative_to(project.root)}: {what}.", markup=False, highlight=False)


def _is_cut(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except FileNotFoundError:
        return False
    except (ValueError, RecursionError):
        return True
    return False


@contextmanager
def kept_from_stages(project: Project, paths: Sequence[Path], command: str) -> Iterator[None]:
    """Keep DVC from running a stage that reads or writes some files; wait while one runs.

    DVC hashes the inputs of a stage after it has run, so that it would record a file that was changed
    meanwhile together with the outputs of the old one. command: what DVC says who holds the files.
    """
    if not (project.root / ".dvc").is_dir():
        yield
        return
    from dvc.exceptions import DvcException

    with ExitStack() as stack:
        try:
            _enter(stack, project, paths, command)
        except (DvcException, ValueError, RecursionError) as error:
            # one of its own files is damaged, as by a computer that lost its power
            what = " ".join(str(error).split()).rstrip(".")
            fix = "If no `dvc` command runs, delete .dvc/tmp/rwlock; if that is not it, run `dvc doctor`"
            raise SeqopsError(f"DVC does not work in {project.root}: {what}. {fix}.") from None
        yield


def _enter(stack: ExitStack, project: Project, paths: Sequence[Path], command: str) -> None:
    """Take DVC's locks of some files as soon as no stage has them."""
    from dvc.lock import LockError
    from dvc.repo import Repo
    from dvc.rwlock import rwlock

    repo = stack.enter_context(Repo(str(project.root)))
    held = [str(path) for path in paths]
    hardlink = repo.config["core"].get("hardlink_lock", False)
    waiting = ""
    while True:
        try:
            stack.enter_context(rwlock(repo.tmp_dir, repo.fs, command, [], held, hardlink))
            return
        except LockError as error:
            reason = " ".join(str(error).partition("\n\n")[0].split())
            if reason != waiting:
                err.print(f"Waiting: {reason}", markup=False, highlight=False)
            waiting = reason
            time.sleep(POLL)
