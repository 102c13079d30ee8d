"""Worker processes on a study, and checks of its trials afterwards."""

import itertools
import multiprocessing

from optuna.trial import TrialState
from worker import work

from seqops.core.records import Goal
from seqops.tuning import study as studies
from seqops.tuning.samplers import sampler_of
from seqops.tuning.trial_numbers import WHY

FINISHED = {TrialState.COMPLETE, TrialState.PRUNED}
# processes are forked from one that has already imported Optuna (a second each) and has opened nothing
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["seqops.tuning.study", "seqops.tuning.samplers"])


def start(url, name, total, *options):
    process = PROCESSES.Process(target=work, args=(url, name, total, *options))
    process.start()
    return process


def finish(process):
    process.join()
    assert process.exitcode == 0


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


def run_together(target, url, processes):
    """Run `target(url, barrier, queue)` in processes at once; return what they put in the queue."""
    barrier, queue = PROCESSES.Barrier(processes), PROCESSES.Queue()
    workers = [PROCESSES.Process(target=target, args=(url, barrier, queue)) for _ in range(processes)]
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
