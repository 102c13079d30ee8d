"""A study ends with exactly the requested trials: resumed, killed, shared; on SQLite and PostgreSQL."""

import signal

import optuna
import pytest
from optuna.trial import TrialState
from study_workers import create_together, drawn, finish, open_study, run_shared_study, start, take_together

from seqops.core.errors import SeqopsError
from seqops.tuning import storage
from seqops.tuning import study as studies
from seqops.tuning.samplers import pruner_of
from seqops.tuning.trial_numbers import WHY, counted


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'studies.db'}"


def search(study, total, values=None):
    """Run trials in this process; return the number started."""
    started = []

    def objective(trial):
        started.append(trial.number)
        x = trial.suggest_float("x", 0.0, 1.0)
        if x < 0.2:
            raise studies.RejectedTrial("too small")
        return x

    studies.run_trials(study, objective, total, lambda: None)
    return len(started)


def results(study):
    """List the result of each trial slot, in order."""
    trials = [t for t in study.trials if counted(t)]
    states = {TrialState.PRUNED, TrialState.COMPLETE}
    assert {t.state for t in trials} >= states
    found = [(t.user_attrs["place"], t.params, t.state, t.value, t.intermediate_values) for t in trials]
    return sorted(found, key=lambda row: row[0])


def test_six_processes_create_a_storage_in_sqlite_together(url):
    create_together(url)


def test_an_enqueued_trial_goes_to_one_process_in_sqlite(url):
    take_together(url)


def test_the_total_counts_all_calls(url):
    assert search(open_study(url), 5) == 5
    assert search(open_study(url), 5) == 0
    assert search(open_study(url), 8) == 3
    assert studies.counts(open_study(url)).finished == 8


def test_a_rejected_trial_counts_and_has_a_reason(url):
    search(open_study(url), 20)
    study = open_study(url)
    failed = [t for t in study.trials if t.state == TrialState.FAIL]
    assert failed
    assert {t.user_attrs[WHY] for t in failed} == {"too small"}
    assert all(t.params["x"] < 0.2 for t in failed)
    assert studies.counts(study) == studies.TrialCounts(20 - len(failed), 0, len(failed), 0)


def test_a_resumed_study_draws_the_same_values_as_an_uninterrupted_one(url):
    search(open_study(url, "at once"), 12)
    for total in (3, 4, 9, 12):
        search(open_study(url, "in parts"), total)
    assert drawn(open_study(url, "in parts")) == drawn(open_study(url, "at once"))


def test_resuming_does_not_draw_a_value_twice(url):
    for total in range(1, 9):
        search(open_study(url), total)
    assert len(set(drawn(open_study(url)))) == 8


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_trial_is_retried(url, stopped):
    study = open_study(url)

    def objective(trial):
        trial.suggest_float("x", 0.0, 1.0)
        raise stopped

    with pytest.raises(stopped):
        studies.run_trials(study, objective, 3, lambda: None)
    interrupted = study.trials[0].params["x"]
    assert search(open_study(url), 3) == 3
    assert interrupted in drawn(open_study(url))
    assert all(t.user_attrs.get(storage.DEATHS, 0) == 0 for t in open_study(url).trials)
    assert len(drawn(open_study(url))) == 3


def test_values_that_kill_their_process_repeatedly_are_rejected(url):
    study = open_study(url)
    for deaths in range(studies.MAX_DEATHS):
        trial = study.ask()
        assert trial.user_attrs.get(storage.DEATHS, 0) == deaths
        trial.suggest_float("x", 0.3, 1.0)
        study.tell(trial, state=TrialState.FAIL)
        storage.retry_trial(study, study.trials[-1])
    assert search(study, 1) == 0
    (refused,) = [t for t in study.trials if WHY in t.user_attrs]
    assert "died 3 times" in refused.user_attrs[WHY]


def test_an_unexpected_error_stops_the_study_and_is_not_counted(url):
    def objective(trial):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        studies.run_trials(open_study(url), objective, 3, lambda: None)
    assert studies.counts(open_study(url)).finished == 0


def test_no_trial_is_started_after_the_deadline(url):
    def objective(trial):
        raise AssertionError

    studies.run_trials(open_study(url), objective, 3, lambda: None, deadline=0.0)
    assert open_study(url).trials == []


def test_values_that_no_trial_has_are_queued_once(url):
    study = open_study(url)
    assert studies.queue_trials(study, [({"x": 0.5}, {}), ({"x": 0.6}, {})]) == 2
    assert studies.queue_trials(study, [({"x": 0.5}, {}), ({"x": 0.7}, {})]) == 3
    search(study, 3)
    assert studies.queue_trials(study, [({"x": 0.5}, {})]) == 3
    assert drawn(study) == [0.5, 0.6, 0.7]
    assert len(study.trials) == 3


@pytest.mark.parametrize("moment", ["drawn", "epoch", "finished"])
def test_a_killed_worker_loses_no_trial_and_duplicates_none(url, moment):
    killed = start(url, "study", 6, 0, moment)
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    before = open_study(url)
    assert studies.counts(before).finished == 2
    finish(start(url, "study", 6))
    after = open_study(url)
    assert studies.counts(after).finished == 6
    assert studies.counts(after).running == 0
    dead = [t for t in after.trials if t.state == TrialState.FAIL and WHY not in t.user_attrs]
    assert [t.number for t in dead] == [2]
    retried = [t for t in after.trials if t.user_attrs.get("retry of") == 2]
    assert len(retried) == 1
    if moment != "drawn":
        assert retried[0].params == dead[0].params


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_study_killed_repeatedly_ends_with_the_trials_of_an_uninterrupted_one(url, tmp_path, pruner):
    for moment in ("finished", "drawn", "between", "epoch", "between"):
        killed = start(url, "study", 40, 0, moment, pruner)
        killed.join()
        assert killed.exitcode == -signal.SIGKILL
    finish(start(url, "study", 40, 0, "", pruner))
    undisturbed = f"sqlite:///{tmp_path / 'undisturbed.db'}"
    finish(start(undisturbed, "study", 40, 0, "", pruner))
    assert results(open_study(url)) == results(open_study(undisturbed))


def test_two_workers_share_a_study_in_sqlite(url):
    run_shared_study(url)


def test_a_worker_considered_dead_gives_up_its_trial_and_continues(url):
    workers = [start(url, "study", 6, seconds, "silent") for seconds in (1.5, 0.2)]
    for worker in workers:
        finish(worker)
    study = open_study(url)
    assert studies.counts(study).finished == 6
    assert studies.counts(study).running == 0
    assert [t for t in study.trials if t.user_attrs.get(storage.DEATHS)]


def test_a_trial_started_beyond_the_total_is_dropped(url):
    study = open_study(url)
    search(study, 3)
    study.optimize(
        studies._limited(study, lambda trial: trial.suggest_float("x", 0.3, 1.0), 3),
        1,
        catch=(studies.ExcessTrial,),
    )
    assert len(study.trials) == 4
    assert studies.counts(study).finished == 3


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("nonsense", "nonsense"),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/none", "postgresql+psycopg://***@127.0.0.1:1/none"),
        ("mysql://me:secret@127.0.0.1/none", "No module named"),
    ],
)
def test_an_unusable_storage_is_reported_without_its_password(url, part):
    with pytest.raises(SeqopsError, match="storage") as raised:
        open_study(url)
    assert part in str(raised.value)
    assert "secret" not in str(raised.value)


def test_every_pruner_stops_a_hopeless_trial_and_none_does_not():
    for name in ("hyperband", "median", "none"):
        study = optuna.create_study(direction="maximize", pruner=pruner_of(name, 9))

        def objective(trial):
            for epoch in range(9):
                trial.report(-float(trial.number) * (epoch + 1), epoch + 1)
                if trial.should_prune():
                    raise optuna.TrialPruned
            return -float(trial.number)

        study.optimize(objective, n_trials=20)
        pruned = [t for t in study.trials if t.state == TrialState.PRUNED]
        assert bool(pruned) == (name != "none")
        assert study.best_trial.number == 0
