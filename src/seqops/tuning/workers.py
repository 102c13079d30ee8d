"""Worker processes of a study: each opens the study for itself and ends when its parent ends."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.runtime.console import err, exit_on_error
from seqops.runtime.environment import silence_stderr
from seqops.runtime.machine import usable_cores
from seqops.tuning.finalists import repeat, repeats_of
from seqops.tuning.session import Session
from seqops.tuning.storage import translate_storage_errors
from seqops.tuning.trials import search


@dataclass(frozen=True)
class WorkerJob:
    """Arguments of a worker; total: number of trials, or of repeats of the finalists."""

    root: Path
    task: str
    url: str
    study: str
    repeats: bool
    total: int
    deadline: float | None
    jobs: int
    parent: int


@contextmanager
def worker_processes(job: WorkerJob) -> Iterator[None]:
    """Run `job.jobs - 1` workers during the block; wait for them at its end, stop them if it raises."""
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_work, args=(job,)) for _ in range(job.jobs - 1)]
    for worker in workers:
        worker.start()
    try:
        yield
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            worker.join()
    failed = [worker.exitcode for worker in workers if worker.exitcode]
    if failed:
        err.print(
            f"{len(failed)} of {len(workers)} workers ended early (exit codes {failed}); "
            "the other processes ran their trials."
        )


def _work(job: WorkerJob) -> None:
    with exit_on_error(), translate_storage_errors(job.url):
        divide_cores(job.jobs)
        session = Session.open(Project(job.root), job.task, job.url)
        if session.study.study_name != job.study:
            raise SeqopsError(
                f"the data, the code or the values of {job.task} changed while its study runs. "
                "This worker stops: its trials would belong to another study."
            )

        def poll() -> None:
            if os.getppid() != job.parent:
                sys.exit(1)

        if job.repeats:
            repeat(session, repeats_of(session), job.total, poll)
        else:
            search(session, job.total, poll, job.deadline)


def divide_cores(jobs: int) -> None:
    """Limit TensorFlow to this process's share of the cores; call before TensorFlow computes anything."""
    with silence_stderr():
        import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(max(1, usable_cores() // jobs))
