"""A cycle from its source to a decision, whatever stands in its way; `dvc` is played."""

import json
from types import SimpleNamespace

import mlflow
import pytest
from town import ALWAYS, NEW

from realm import BAD, BETTER, GOOD
from seqops.core.errors import SeqopsError
from seqops.core.files import read_json
from seqops.params import Params
from seqops.retraining import cycle
from seqops.retraining import run_all as cycles
from seqops.retraining.cycle import CycleResult
from seqops.retraining.triggers import Trigger
from seqops.runtime.locks import try_lock


def test_the_first_cycle_brings_a_champion(town):
    ended = town.cycle()
    assert (ended.outcome, ended.version, ended.champion) == ("promoted", "1", "1")
    assert town.held() == ["one", "two"]
    name = town.realm.task.name
    assert town.commands == [
        f"dvc --wait-for-lock commit --quiet --force download@{name}",
        f"dvc --wait-for-lock repro evaluate@{name}",
    ]


def test_nothing_new_is_nothing_to_do(town):
    town.cycle()
    ended = town.cycle()
    assert (ended.outcome, ended.reason) == ("nothing", "no row changed")
    assert len(town.commands) == 2


def test_new_rows_are_taken_in_and_a_better_model_promoted(town):
    town.right = GOOD
    town.cycle()
    town.grow("three")
    town.right = BETTER
    ended = town.cycle()
    assert (ended.outcome, ended.version, ended.champion) == ("promoted", "2", "2")
    assert town.held() == ["one", "two", "three"]


def test_a_worse_candidate_is_kept_out(town):
    town.cycle()
    town.grow("three")
    town.right = BAD
    ended = town.cycle()
    assert (ended.outcome, ended.version, ended.champion) == ("kept", "2", "1")
    assert town.realm.champion == "1"


def test_the_same_model_again_is_nothing_to_do(town):
    town.cycle()
    ended = town.cycle(ALWAYS)
    assert ended.outcome == "nothing"
    assert "these data, params and code" in ended.reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "an empty line"),
        ("much too long", "a line has at most 8 characters; found 1 rows, the first line 4"),
    ],
)
def test_bad_data_goes_to_quarantine_and_the_champion_stays(town, line, reason):
    town.cycle()
    town.grow("three", line)
    ended = town.cycle(ALWAYS)
    assert ended.outcome == "refused"
    assert reason in ended.reason
    assert town.held() == ["one", "two"]
    assert town.realm.champion == "1"
    assert len(town.commands) == 2
    (place,) = (town.realm.folder.path / "quarantine").iterdir()
    assert (place / "lines.txt").read_bytes() == town.source.read_bytes()
    reasons = read_json(place / "reasons.json")
    assert reason in reasons["reasons"][0]
    assert reasons["origins"] == {"lines.txt": str(town.source)}


def test_the_same_bad_data_lies_in_quarantine_once(town):
    town.cycle()
    town.grow("much too long")
    for _ in range(2):
        assert town.cycle().outcome == "refused"
    assert len(list((town.realm.folder.path / "quarantine").iterdir())) == 1


def test_what_was_mended_is_taken_in(town):
    town.cycle()
    good = town.source.read_text()
    town.grow("much too long")
    town.cycle()
    town.source.write_text(f"{good}three\n")
    town.data = 1
    assert town.cycle().outcome == "kept"
    assert town.held() == ["one", "two", "three"]


def test_a_dry_run_changes_nothing(town):
    town.cycle()
    town.grow("three")
    lines = town.audit.journal.entries()
    assert town.cycle(dry_run=True).outcome == "due"
    town.grow("much too long")
    assert town.cycle(dry_run=True).outcome == "refused"
    assert town.held() == ["one", "two"]
    assert town.audit.journal.entries() == lines
    assert not (town.realm.folder.path / "quarantine").exists()


@pytest.mark.parametrize(("drifted", "outcome"), [(True, "promoted"), (False, "nothing")])
def test_drift_of_the_new_rows_makes_it_due(town, monkeypatch, drifted, outcome):
    town.right = GOOD
    town.cycle()
    town.grow("three")
    town.right = BETTER

    def measured(task, client, table, new, thresholds):
        assert (list(table["text"][new]), thresholds.min_rows) == (["three"], 30)
        return SimpleNamespace(drifted=drifted, summary=lambda: "the lengths moved")

    monkeypatch.setattr(cycle, "drift_from_champion", measured)
    ended = town.cycle([Trigger("drift")])
    assert (ended.outcome, ended.details["why"]) == (outcome, "the lengths moved")


def test_a_champion_without_statistics_has_no_drift(town, monkeypatch):
    town.cycle()
    monkeypatch.setattr(cycle, "drift_from_champion", lambda *arguments: None)
    ended = town.cycle([Trigger("drift")])
    assert ended.outcome == "nothing"
    assert "registered without statistics of its training rows" in ended.reason


def test_a_search_comes_before_the_training(town):
    town.cycle(tune=5)
    name = town.realm.task.name
    assert town.commands[1] == f"seqops tune {name} --trials 5"


@pytest.mark.parametrize("command", ["commit", "repro"])
def test_a_cycle_that_was_cut_off_is_gone_on_with(town, command):
    town.cycle()
    town.grow("three")
    town.data, town.breaks = 1, {command: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        town.cycle()
    ended = town.cycle()
    assert ended.outcome == "kept"
    assert ended.details["why"] == "the last retraining was interrupted; its reason was: rows: 1 added"
    assert town.held() == ["one", "two", "three"]
    assert town.cycle().outcome == "nothing"


def test_a_promotion_that_was_not_recorded_any_more_is_told_by_the_next_cycle(town):
    town.audit.begin({"why": "it grew", "decided": 0})
    town.realm.make(BETTER)
    ended = town.cycle(NEW)
    assert (ended.outcome, ended.version) == ("promoted", "1")


def test_every_cycle_stands_in_the_record_and_in_the_tracking_store(town):
    town.cycle()
    town.grow("three")
    town.data = 1
    town.cycle()
    town.grow("much too long")
    town.cycle()
    town.cycle(ALWAYS)
    lines = [json.loads(line) for line in town.audit.journal.path.read_text().splitlines()]
    said = [(e["stage"], e.get("outcome")) for e in lines]
    begun = ("begun", None)
    assert said == [begun, ("ended", "promoted"), begun, ("ended", "kept"), *[("ended", "refused")] * 2]
    assert lines[3]["rows"] == {"added": 1, "removed": 0, "altered": 0}
    assert not any("details" in line for line in lines)
    assert lines[3]["data_before"] == lines[1]["data_after"] != lines[3]["data_after"]
    experiment = mlflow.get_experiment_by_name("retraining")
    name = town.realm.task.name
    runs = mlflow.MlflowClient().search_runs([experiment.experiment_id], f"tags.`seqops.task` = '{name}'")
    assert [run.data.tags["seqops.outcome"] for run in runs] == ["refused", "refused", "kept", "promoted"]
    assert runs[2].data.metrics == {"rows/added": 1, "rows/removed": 0, "rows/altered": 0}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_source_that_cannot_be_had_fails_and_leaves_all_as_it_was(town):
    town.cycle()
    town.source.rename(town.source.with_name("gone"))
    with pytest.raises(SeqopsError, match=r"lines\.txt"):
        town.cycle(ALWAYS)
    assert town.held() == ["one", "two"]


def test_two_cycles_of_one_task_do_not_run_at_once(tmp_path):
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
        (["failed"], 1),
        (["nothing", "kept"], 10),
        (["kept", "promoted", "nothing"], 0),
        (["promoted", "refused"], 12),
        (["refused", "failed", "promoted"], 1),
    ],
)
def test_one_exit_code_speaks_for_all_tasks(monkeypatch, town, outcomes, code):
    names = [f"task{n}" for n in range(len(outcomes))]
    ends = dict(zip(names, outcomes, strict=True))
    told = []
    monkeypatch.setattr(Params, "load", lambda path: Everything())
    monkeypatch.setattr(cycles, "notify", lambda settings, event: told.append(event["outcome"]))
    monkeypatch.setattr(cycles, "retrain", lambda store, name, settings: CycleResult(name, ends[name], ""))
    assert cycles.retrain_all(town.store, names, ["always"], 0, False, False) == code
    assert told == outcomes
    cycles.retrain_all(town.store, names, ["always"], 0, True, False)
    assert told == outcomes


class Everything:
    """Parameters that know every task."""

    notify = drift = None

    def task(self, name):
        """Know it."""
