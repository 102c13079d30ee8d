"""The work of a process on a study, without a network."""

import os
import signal
import time

import optuna

from seqops.core.records import Goal
from seqops.tuning import storage
from seqops.tuning import study as studies
from seqops.tuning.samplers import pruner_of, sampler_of

EPOCHS = 3


def work(url, name, total, seconds=0.0, moment="", pruner="median"):
    """Work until a study has so many trials; seconds: duration of one epoch.

    moment: `silent`: it sends no heartbeat and is considered dead; otherwise where the process kills itself
    in its third trial, or the next that gets that far: `drawn` (before the values), `between` (two values),
    `epoch` (in the middle), `finished` (before the result is stored).
    """
    storage.HEARTBEAT, storage.GRACE = (60, 2) if moment == "silent" else (1, 3)
    study = studies.open_study(url, name, Goal("x", True), sampler_of("tpe", 4, 0), pruner_of(pruner, EPOCHS))
    started = 0

    def objective(trial):
        nonlocal started
        started += 1
        if moment == "drawn" and started >= 3:
            die()
        x = trial.suggest_float("x", 0.0, 1.0)
        if moment == "between" and started >= 3:
            die()
        y = trial.suggest_float("y", 0.0, 1.0)
        for epoch in range(EPOCHS):
            time.sleep(seconds)
            if moment == "epoch" and started >= 3 and epoch == 1:
                die()
            trial.report(x * y ** (epoch + 1), epoch + 1)
            if trial.should_prune():
                raise optuna.TrialPruned
        if x < 0.1:
            raise studies.RejectedTrial("too small")
        if moment == "finished" and started >= 3:
            die()
        return x * y

    with studies.join_study(url, study):
        studies.run_trials(study, objective, total, lambda: None)


def die():
    os.kill(os.getpid(), signal.SIGKILL)
