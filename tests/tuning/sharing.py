"""Workers on a study, and what is asked of it afterwards."""

import itertools
import multiprocessing
import subprocess
import sys
from pathlib import Path

from optuna.trial import TrialState

from seqops.core.interfaces import Goal
from seqops.tuning import study as studies
from seqops.tuning.samplers import sampler_of
from seqops.tuning.trial_numbers import WHY

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
    return sorted(t.params["x"] for t in study.trials if t.state in FINISHED or WHY in t.user_attrs)


def shared(url):
    """Two workers, then a third that finds nothing left to do."""
    workers = [start(url, "shared", 15, 0.05) for _ in range(2)]
    for worker in workers:
        finish(worker)
    finish(start(url, "shared", 15))
    study = opened(url, "shared")
    assert studies.counts(study).finished == 15
    assert len(set(drawn(study))) == 15


def together(work, url, processes):
    """Let processes do `work(url, barrier, queue)` at the same moment; return what they put."""
    spawn = multiprocessing.get_context("spawn")
    barrier, queue = spawn.Barrier(processes), spawn.Queue()
    workers = [spawn.Process(target=work, args=(url, barrier, queue)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    found = [queue.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join()
    return found


def founded_together(url):
    """Six processes open a storage that does not exist yet."""
    assert together(found, url, 6) == [0] * 6


def found(url, barrier, queue):
    barrier.wait(60)
    queue.put(studies.counts(opened(url)).finished)


def taken_together(url):
    """Three processes take what waits: each trial goes to one of them."""
    study = opened(url)
    for x in range(60):
        study.enqueue_trial({"x": x / 60})
    assert sorted(itertools.chain(*together(take, url, 3))) == list(range(60))


def take(url, barrier, queue):
    study = opened(url)
    barrier.wait(60)
    queue.put([study.ask().number for _ in range(20)])
