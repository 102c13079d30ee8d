"""Worker processes on a study, and checks of its trials afterwards."""

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


def start(url, name, total, *options):
    command = [sys.executable, str(WORKER), url, name, str(total), *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process):
    output, _ = process.communicate()
    assert process.returncode == 0, output


def open_study(url, name="study"):
    return studies.open_study(url, name, Goal("x", True), sampler_of("random", 0, 0))


def drawn(study):
    """Return the sorted values of the trials that count."""
    return sorted(t.params["x"] for t in study.trials if t.state in FINISHED or WHY in t.user_attrs)


def run_shared_study(url):
    """Run two workers, then a third that finds nothing left to do."""
    workers = [start(url, "shared", 15, 0.05) for _ in range(2)]
    for worker in workers:
        finish(worker)
    finish(start(url, "shared", 15))
    study = open_study(url, "shared")
    assert studies.counts(study).finished == 15
    assert len(set(drawn(study))) == 15


def run_together(work, url, processes):
    """Run `work(url, barrier, queue)` in processes at the same moment; return what they put in the queue."""
    spawn = multiprocessing.get_context("spawn")
    barrier, queue = spawn.Barrier(processes), spawn.Queue()
    workers = [spawn.Process(target=work, args=(url, barrier, queue)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    found = [queue.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join()
    return found


def create_together(url):
    """Open a storage that does not exist yet from six processes."""
    assert run_together(create, url, 6) == [0] * 6


def create(url, barrier, queue):
    barrier.wait(60)
    queue.put(studies.counts(open_study(url)).finished)


def take_together(url):
    """Take enqueued trials from three processes: each trial goes to one of them."""
    study = open_study(url)
    for x in range(60):
        study.enqueue_trial({"x": x / 60})
    assert sorted(itertools.chain(*run_together(take, url, 3))) == list(range(60))


def take(url, barrier, queue):
    study = open_study(url)
    barrier.wait(60)
    queue.put([study.ask().number for _ in range(20)])
