"""A study ends with exactly the trials asked for: resumed, killed, shared, on SQLite and on PostgreSQL."""

import signal

import optuna
import pytest
from optuna.trial import TrialState
from sharing import drawn, finish, founded_together, opened, shared, start, taken_together

from seqops.core.errors import SeqopsError
from seqops.tuning import storage
from seqops.tuning import study as studies
from seqops.tuning.samplers import pruner_of
from seqops.tuning.trial_numbers import WHY, counted


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'studies.db'}"


def search(study, total, values=None):
    """Run trials in this process; return the number begun."""
    begun = []

    def objective(trial):
        begun.append(trial.number)
        x = trial.suggest_float("x", 0.0, 1.0)
        if x < 0.2:
            raise studies.RejectedTrial("too small")
        return x

    studies.run_trials(study, objective, total, lambda: None)
    return len(begun)


def ended(study):
    """List what came of each place, in the order of the places."""
    trials = [t for t in study.trials if counted(t)]
    states = {TrialState.PRUNED, TrialState.COMPLETE}
    assert {t.state for t in trials} >= states
    found = [(t.user_attrs["place"], t.params, t.state, t.value, t.intermediate_values) for t in trials]
    return sorted(found, key=lambda row: row[0])


def test_six_processes_found_a_storage_in_sqlite_together(url):
    founded_together(url)


def test_a_trial_that_waits_goes_to_one_process_in_sqlite(url):
    taken_together(url)


def test_a_total_is_a_total_however_often_it_is_asked_for(url):
    assert search(opened(url), 5) == 5
    assert search(opened(url), 5) == 0
    assert search(opened(url), 8) == 3
    assert studies.counts(opened(url)).finished == 8


def test_a_trial_that_is_refused_counts_and_says_why(url):
    search(opened(url), 20)
    study = opened(url)
    failed = [t for t in study.trials if t.state == TrialState.FAIL]
    assert failed
    assert {t.user_attrs[WHY] for t in failed} == {"too small"}
    assert all(t.params["x"] < 0.2 for t in failed)
    assert studies.counts(study) == studies.TrialCounts(20 - len(failed), 0, len(failed), 0)


def test_a_study_gone_on_with_draws_what_one_never_stopped_draws(url):
    search(opened(url, "at once"), 12)
    for total in (3, 4, 9, 12):
        search(opened(url, "in parts"), total)
    assert drawn(opened(url, "in parts")) == drawn(opened(url, "at once"))


def test_no_value_is_drawn_twice_by_chance_of_a_seed(url):
    for total in range(1, 9):
        search(opened(url), total)
    assert len(set(drawn(opened(url)))) == 8


def test_an_interrupted_trial_waits_to_be_tried_again(url):
    study = opened(url)

    def objective(trial):
        trial.suggest_float("x", 0.0, 1.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        studies.run_trials(study, objective, 3, lambda: None)
    interrupted = study.trials[0].params["x"]
    assert search(opened(url), 3) == 3
    assert interrupted in drawn(opened(url))
    assert len(drawn(opened(url))) == 3


def test_values_that_kill_their_process_again_and_again_are_refused(url):
    study = opened(url)
    for deaths in range(studies.MAX_DEATHS):
        trial = study.ask()
        assert trial.user_attrs.get(storage.DEATHS, 0) == deaths
        trial.suggest_float("x", 0.3, 1.0)
        study.tell(trial, state=TrialState.FAIL)
        storage.retry_trial(study, study.trials[-1])
    assert search(study, 1) == 0
    (refused,) = [t for t in study.trials if WHY in t.user_attrs]
    assert "died 3 times" in refused.user_attrs[WHY]


def test_an_unexpected_error_stops_the_work_and_is_not_counted(url):
    def objective(trial):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        studies.run_trials(opened(url), objective, 3, lambda: None)
    assert studies.counts(opened(url)).finished == 0


def test_nothing_is_begun_after_the_deadline(url):
    def objective(trial):
        raise AssertionError

    studies.run_trials(opened(url), objective, 3, lambda: None, deadline=0.0)
    assert opened(url).trials == []


def test_what_no_trial_holds_is_queued_once(url):
    study = opened(url)
    assert studies.queue_trials(study, [({"x": 0.5}, {}), ({"x": 0.6}, {})]) == 2
    assert studies.queue_trials(study, [({"x": 0.5}, {}), ({"x": 0.7}, {})]) == 3
    search(study, 3)
    assert studies.queue_trials(study, [({"x": 0.5}, {})]) == 3
    assert drawn(study) == [0.5, 0.6, 0.7]
    assert len(study.trials) == 3


@pytest.mark.parametrize("moment", ["drawn", "epoch", "told"])
def test_a_killed_worker_loses_no_trial_and_doubles_none(url, moment):
    killed = start(url, "study", 6, 0, moment)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    before = opened(url)
    assert studies.counts(before).finished == 2
    finish(start(url, "study", 6))
    after = opened(url)
    assert studies.counts(after).finished == 6
    assert studies.counts(after).running == 0
    dead = [t for t in after.trials if t.state == TrialState.FAIL and WHY not in t.user_attrs]
    assert [t.number for t in dead] == [2]
    retried = [t for t in after.trials if t.user_attrs.get("retry of") == 2]
    assert len(retried) == 1
    if moment != "drawn":
        assert retried[0].params == dead[0].params


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_study_killed_again_and_again_ends_with_the_trials_of_one_never_killed(url, tmp_path, pruner):
    for moment in ("told", "drawn", "between", "epoch", "between"):
        killed = start(url, "study", 40, 0, moment, pruner)
        killed.communicate()
        assert killed.returncode == -signal.SIGKILL
    finish(start(url, "study", 40, 0, "", pruner))
    undisturbed = f"sqlite:///{tmp_path / 'undisturbed.db'}"
    finish(start(undisturbed, "study", 40, 0, "", pruner))
    assert ended(opened(url)) == ended(opened(undisturbed))


def test_two_workers_share_a_study_in_sqlite(url):
    shared(url)


def test_a_worker_that_is_taken_for_dead_lets_its_trial_go_and_goes_on(url):
    workers = [start(url, "study", 6, seconds, "silent") for seconds in (1.5, 0.2)]
    for worker in workers:
        finish(worker)
    study = opened(url)
    assert studies.counts(study).finished == 6
    assert studies.counts(study).running == 0
    assert [t for t in study.trials if t.user_attrs.get(storage.DEATHS)]


def test_a_trial_begun_when_all_are_taken_is_dropped(url):
    study = opened(url)
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
def test_a_storage_that_cannot_be_used_is_named_without_its_password(url, part):
    with pytest.raises(SeqopsError, match="storage") as told:
        opened(url)
    assert part in str(told.value)
    assert "secret" not in str(told.value)


def test_every_pruner_cuts_a_hopeless_trial_and_none_never_does():
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
