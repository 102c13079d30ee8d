"""A retraining cycle from its source to a decision, with failures on the way; `dvc` is faked."""

import json
import re
import signal
from functools import partial
from types import SimpleNamespace

import mlflow
import pytest
from retraining_project import ALWAYS, NEW

from seqops.core.errors import ConfigError, SeqopsError
from seqops.core.files import read_json
from seqops.params import Params
from seqops.registry.champion import Decision
from seqops.retraining import cycle
from seqops.retraining import run_all as cycles
from seqops.retraining.cycle import Cycle, CycleFailedError, CycleResult
from seqops.retraining.history import RetrainingHistory
from seqops.retraining.triggers import Trigger
from seqops.runtime.console import Terminated
from seqops.runtime.locks import try_lock
from toy_registry import BAD, BETTER, GOOD


def test_the_first_cycle_promotes_a_champion(project):
    result = project.cycle()
    assert (result.outcome, result.version, result.champion) == ("promoted", "1", "1")
    assert project.raw_lines() == ["one", "two"]
    name = project.toy.task.name
    assert project.commands == [
        f"dvc --wait-for-lock commit --force download@{name}",
        f"dvc --wait-for-lock repro evaluate@{name}",
    ]


def test_without_new_rows_nothing_is_retrained(project):
    project.cycle()
    result = project.cycle()
    assert (result.outcome, result.reason) == ("nothing", "no row changed")
    assert len(project.commands) == 2


def test_new_rows_are_accepted_and_a_better_model_promoted(project):
    project.correct = GOOD
    project.cycle()
    project.append("three")
    project.correct = BETTER
    result = project.cycle()
    assert (result.outcome, result.version, result.champion) == ("promoted", "2", "2")
    assert project.raw_lines() == ["one", "two", "three"]


def test_a_worse_candidate_is_not_promoted(project):
    project.cycle()
    project.append("three")
    project.correct = BAD
    result = project.cycle()
    assert (result.outcome, result.version, result.champion) == ("kept", "2", "1")
    assert project.toy.champion == "1"


def test_a_promotion_by_the_user_meanwhile_is_not_the_outcome(project):
    project.correct = GOOD
    project.cycle()
    project.append("three")
    project.correct = BAD
    run_command = project.run_command

    def promoted_meanwhile(command):
        run_command(command)
        if "repro" in command:
            by_hand = Decision("promoted", "2", "user", "1", "2", "by hand")
            project.toy.champion_alias.promote(by_hand)

    project.run_command = promoted_meanwhile
    result = project.cycle()
    assert (result.outcome, result.version) == ("kept", "2")
    assert project.toy.champion == "2"


def test_the_same_model_again_changes_nothing(project):
    project.cycle()
    result = project.cycle(ALWAYS)
    assert result.outcome == "nothing"
    assert "these data, params and code" in result.reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "an empty line"),
        ("much too long", "a line has at most 8 characters; found 1 rows, the first line 4"),
    ],
)
def test_bad_data_is_quarantined_and_the_champion_stays(project, line, reason):
    project.cycle()
    project.append("three", line)
    result = project.cycle(ALWAYS)
    assert result.outcome == "refused"
    assert reason in result.reason
    assert project.raw_lines() == ["one", "two"]
    assert project.toy.champion == "1"
    assert len(project.commands) == 2
    (quarantine,) = (project.toy.folder.path / "quarantine").iterdir()
    assert (quarantine / "lines.txt").read_bytes() == project.source.read_bytes()
    reasons = read_json(quarantine / "reasons.json")
    assert reason in reasons["reasons"][0]
    assert reasons["origins"] == {"lines.txt": str(project.source)}


def test_the_same_bad_data_is_quarantined_once(project):
    project.cycle()
    project.append("much too long")
    for _ in range(2):
        assert project.cycle().outcome == "refused"
    assert len(list((project.toy.folder.path / "quarantine").iterdir())) == 1


def test_corrected_data_is_accepted(project):
    project.cycle()
    good = project.source.read_text()
    project.append("much too long")
    project.cycle()
    project.source.write_text(f"{good}three\n")
    project.data = 1
    assert project.cycle().outcome == "kept"
    assert project.raw_lines() == ["one", "two", "three"]


def test_a_dry_run_changes_nothing(project):
    project.cycle()
    project.append("three")
    lines = project.history.journal.entries()
    assert project.cycle(dry_run=True).outcome == "due"
    project.append("much too long")
    assert project.cycle(dry_run=True).outcome == "refused"
    assert project.raw_lines() == ["one", "two"]
    assert project.history.journal.entries() == lines
    assert not (project.toy.folder.path / "quarantine").exists()


@pytest.mark.parametrize(("drifted", "outcome"), [(True, "promoted"), (False, "nothing")])
def test_drift_of_the_new_rows_triggers_a_retraining(project, monkeypatch, drifted, outcome):
    project.correct = GOOD
    project.cycle()
    project.append("three")
    project.correct = BETTER

    def measured(task, client, table, new, thresholds):
        assert (list(table["text"][new]), thresholds.min_rows) == (["three"], 30)
        return SimpleNamespace(drifted=drifted, summary=lambda: "the lengths moved")

    monkeypatch.setattr(cycle, "drift_from_champion", measured)
    result = project.cycle([Trigger("drift")])
    assert (result.outcome, result.details["why"]) == (outcome, "the lengths moved")


def test_a_champion_without_a_reference_does_not_trigger_by_drift(project, monkeypatch):
    project.cycle()
    monkeypatch.setattr(cycle, "drift_from_champion", lambda *arguments: None)
    result = project.cycle([Trigger("drift")])
    assert result.outcome == "nothing"
    assert "registered without statistics of its training rows" in result.reason


def test_tuning_runs_before_training(project):
    project.cycle(tune=5)
    name = project.toy.task.name
    assert project.commands[1] == f"seqops tune {name} --trials 5"


@pytest.mark.parametrize("command", ["commit", "repro"])
def test_an_interrupted_cycle_is_resumed(project, command):
    project.cycle()
    project.append("three")
    project.data, project.failures = 1, {command: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        project.cycle()
    result = project.cycle()
    assert result.outcome == "kept"
    assert result.details["why"] == "the last retraining was interrupted; its reason was: rows: 1 added"
    assert project.raw_lines() == ["one", "two", "three"]
    assert project.cycle().outcome == "nothing"


def test_a_promotion_that_was_not_recorded_is_reported_by_the_next_cycle(project):
    project.history.begin({"why": "it grew", "decided": 0})
    project.toy.make(BETTER)
    result = project.cycle(NEW)
    assert (result.outcome, result.version) == ("promoted", "1")


def test_every_cycle_is_in_the_history_and_in_the_tracking_store(project):
    project.cycle()
    project.append("three")
    project.data = 1
    project.cycle()
    project.append("much too long")
    project.cycle()
    project.cycle(ALWAYS)
    lines = [json.loads(line) for line in project.history.journal.path.read_text().splitlines()]
    stages = [(e["stage"], e.get("outcome")) for e in lines]
    begun = ("begun", None)
    assert stages == [begun, ("ended", "promoted"), begun, ("ended", "kept"), *[("ended", "refused")] * 2]
    assert lines[3]["rows"] == {"added": 1, "removed": 0, "altered": 0}
    assert not any("details" in line for line in lines)
    assert lines[3]["data_before"] == lines[1]["data_after"] != lines[3]["data_after"]
    experiment = mlflow.get_experiment_by_name("retraining")
    name = project.toy.task.name
    runs = mlflow.MlflowClient().search_runs([experiment.experiment_id], f"tags.`seqops.task` = '{name}'")
    assert [run.data.tags["seqops.outcome"] for run in runs] == ["refused", "refused", "kept", "promoted"]
    assert runs[2].data.metrics == {"rows/added": 1, "rows/removed": 0, "rows/altered": 0}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_source_that_cannot_be_fetched_fails_and_changes_nothing(project):
    project.cycle()
    project.source.rename(project.source.with_name("gone"))
    with pytest.raises(SeqopsError, match=r"lines\.txt"):
        project.cycle(ALWAYS)
    assert project.raw_lines() == ["one", "two"]


def test_two_cycles_of_one_task_cannot_run_at_the_same_time(tmp_path):
    path = tmp_path / "state" / "task.lock"
    what = "a retraining of letters"
    with try_lock(path, what), pytest.raises(SeqopsError) as raised, try_lock(path, what):
        raise AssertionError
    assert "a retraining of letters is already running (process " in str(raised.value)
    with try_lock(path, "a retraining of letters"):
        assert path.read_text().strip().isdigit()


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["promoted"], 0),
        (["kept"], 10),
        (["nothing"], 11),
        (["refused"], 12),
        (["failed"], 13),
        (["nothing", "kept"], 10),
        (["kept", "promoted", "nothing"], 0),
        (["promoted", "refused"], 12),
        (["refused", "failed", "promoted"], 13),
    ],
)
def test_one_exit_code_summarizes_all_tasks(monkeypatch, project, outcomes, code):
    names = [f"task{n}" for n in range(len(outcomes))]
    results = dict(zip(names, outcomes, strict=True))
    notified = []
    monkeypatch.setattr(Params, "load", lambda path: AnyTask(names))
    monkeypatch.setattr(cycles, "notify", lambda settings, event: notified.append(event["outcome"]))
    monkeypatch.setattr(cycles, "retrain", lambda store, name, settings: CycleResult(name, results[name], ""))
    assert cycles.retrain_all(project.project, names, ["always"], 0, False, False) == code
    assert notified == outcomes
    cycles.retrain_all(project.project, names, ["always"], 0, True, False)
    assert notified == outcomes


def test_a_store_that_fails_ends_a_dry_run_before_its_tasks(monkeypatch, project):
    def failing(store):
        raise SeqopsError("the tracking store failed")

    monkeypatch.setattr(Params, "load", lambda path: AnyTask(["a", "b"]))
    monkeypatch.setattr(cycles, "connect", failing)
    monkeypatch.setattr(cycles, "retrain", lambda *task: pytest.fail("a task was tried"))
    with pytest.raises(SeqopsError, match="the tracking store failed"):
        cycles.retrain_all(project.project, ["a", "b"], ["always"], 0, True, False)


class OtherError(BaseException):
    """As a library may raise to pass the handlers of errors."""


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit, OtherError])
def test_an_unexpected_exception_of_a_task_is_recorded_and_notified_and_the_next_task_runs(
    monkeypatch, project, capsys, kind
):
    monkeypatch.setenv("A_TOKEN", "hush-hush")
    monkeypatch.setattr(Params, "load", lambda path: AnyTask(["a", "b"], "https://h/$A_TOKEN/a.csv"))
    notified = []
    monkeypatch.setattr(cycles, "notify", lambda settings, event: notified.append(event))

    def run(cycle):
        if cycle.history.task == "a":
            raise kind("bad https://u:pw@h/hush-hush/a.csv, also hush-hush \udcff")
        return CycleResult("b", "kept", "")

    monkeypatch.setattr(Cycle, "run", run)
    assert cycles.retrain_all(project.project, ["a", "b"], ["always"], 0, False, False) == 13
    assert [event["outcome"] for event in notified] == ["failed", "kept"]
    [entry] = RetrainingHistory(project.project, "a").journal.entries()
    assert (entry["stage"], entry["task"]) == ("failed", "a")
    for text in (entry["reason"], notified[0]["reason"]):
        assert re.match(rf"unexpected {kind.__name__} at test_cycle\.py:\d+: .*\\udcff\. .* --debug\.$", text)
        assert "hush" not in text and "pw" not in text
    with pytest.raises(CycleFailedError):
        cycles.retrain_all(project.project, ["a", "b"], ["always"], 0, False, True)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, partial(Terminated, signal.SIGTERM)])
def test_a_signal_ends_all_tasks(monkeypatch, project, stop):
    monkeypatch.setattr(Params, "load", lambda path: AnyTask(["a", "b"], "https://h/a.csv"))
    started = []

    def run(cycle):
        started.append(cycle.history.task)
        raise stop()

    monkeypatch.setattr(Cycle, "run", run)
    with pytest.raises((KeyboardInterrupt, Terminated)):
        cycles.retrain_all(project.project, ["a", "b"], ["always"], 0, False, False)
    assert started == ["a"]


def test_wrong_settings_of_notifications_end_it_before_any_task(monkeypatch, project):
    class Wrong(AnyTask):
        @property
        def notify(self):
            raise ConfigError("notify.events is wrong")

    monkeypatch.setattr(Params, "load", lambda path: Wrong(["a"]))
    monkeypatch.setattr(cycles, "retrain", lambda *task: pytest.fail("a task was tried"))
    with pytest.raises(ConfigError, match=r"notify\.events is wrong"):
        cycles.retrain_all(project.project, ["a"], ["always"], 0, False, False)


class AnyTask:
    """Parameters that have some tasks, all with one source."""

    notify = drift = download = None

    def __init__(self, names, source=""):
        self.names, self.source = names, source

    def task(self, name):
        """Accept any name."""
        return self
