"""Workers on a study, and what is asked of it afterwards."""

import multiprocessing
import subprocess
import sys
from pathlib import Path

from optuna.trial import TrialState

from seqops.blocks.search import study as studies
from seqops.blocks.search.sampling import sampler_of
from seqops.contract import Goal

WORKER = Path(__file__).parent / "worker.py"
FINISHED = {TrialState.COMPLETE, TrialState.PRUNED}


def start(url, name, total, *more):
    command = [sys.executable, str(WORKER), url, name, str(total), *map(str, more)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process):
    output, _ = process.communicate()
    assert process.returncode == 0, output


def opened(url, name="study"):
    return studies.open_study(url, name, Goal("x", True), sampler_of("random", 0, 0))


def drawn(study):
    """Return the values of the trials that count, sorted."""
    return sorted(t.params["x"] for t in study.trials if t.state in FINISHED or studies.WHY in t.user_attrs)


def shared(url):
    """Two workers, then a third that finds nothing left to do."""
    workers = [start(url, "shared", 15, 0.05) for _ in range(2)]
    for worker in workers:
        finish(worker)
    finish(start(url, "shared", 15))
    study = opened(url, "shared")
    assert studies.counts(study).finished == 15
    assert len(set(drawn(study))) == 15


def founded_together(url):
    """Six processes open a storage that does not exist yet, at the same moment."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(6)
    founders = [spawn.Process(target=found, args=(url, barrier)) for _ in range(6)]
    for founder in founders:
        founder.start()
    for founder in founders:
        founder.join()
    assert [founder.exitcode for founder in founders] == [0] * 6
    assert studies.counts(opened(url)).finished == 0


def found(url, barrier):
    barrier.wait(60)
    opened(url)
