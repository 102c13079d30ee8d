"""Changes of the champion: promotion, rollback, concurrent promotions, and a crash at every step."""

import itertools
import subprocess
import sys

import pytest
import requests
from mlflow.exceptions import MlflowException

from seqops.core.errors import SeqopsError
from seqops.registry import versions
from seqops.registry.champion import ChampionAlias, ChampionChangedError, Decision
from seqops.runtime.journal import Journal
from seqops.tracking import connection, mlflow_runs
from toy_registry import BETTER, GOOD, create_toy_registry


def register(toy, n):
    """Register register 1 to n of a model, none of them champion."""
    versions.describe(toy.client, toy.model, "a toy")
    experiment = mlflow_runs.experiment_of(toy.client, toy.project, toy.task.name)
    for _ in range(n):
        run = toy.client.create_run(experiment)
        toy.client.create_model_version(toy.model, f"{run.info.artifact_uri}/model", run.info.run_id)


def promotion(version, before, by="rule"):
    return Decision("promoted", version, by, before, version, "it is better", {"p": 0.01})


def make_champions(toy, n):
    """Make register 1 to n champion, one after the other."""
    register(toy, n)
    for number in range(1, n + 1):
        toy.champion_alias.promote(promotion(str(number), str(number - 1) if number > 1 else None))


def test_a_rollback_restores_the_previous_champion_and_marks_the_demoted_one(toy):
    make_champions(toy, 2)
    decision = toy.champion_alias.roll_back()
    assert (decision.by, decision.before, decision.after) == ("user", "2", "1")
    assert toy.champion == "1"
    assert toy.tags("2")["seqops.rolled_back"] == "true"
    assert toy.tags("2")["seqops.decision"] == "rolled back"
    assert "seqops.rolled_back" not in toy.tags("1")
    assert toy.decisions()[-1] == ("rolled back", "2", "2", "1")


def test_two_rollbacks_restore_two_champions_and_a_third_is_refused(toy):
    make_champions(toy, 3)
    assert [toy.champion_alias.roll_back().after for _ in range(2)] == ["2", "1"]
    with pytest.raises(SeqopsError, match="has no previous champion to roll back to"):
        toy.champion_alias.roll_back()
    assert toy.champion == "1"


def test_without_a_champion_there_is_nothing_to_roll_back(toy):
    register(toy, 1)
    with pytest.raises(SeqopsError, match="has no champion"):
        toy.champion_alias.roll_back()


def test_a_rollback_does_not_restore_a_rolled_back_version(toy):
    make_champions(toy, 2)
    toy.champion_alias.roll_back()
    toy.champion_alias.promote(promotion("2", "1", by="user"))
    toy.champion_alias.promote(promotion("1", "2", by="user"))
    toy.champion_alias.roll_back()
    with pytest.raises(SeqopsError, match="version 1, was itself rolled back"):
        toy.champion_alias.roll_back()


def test_a_rollback_to_a_deleted_version_lists_the_existing_ones(toy):
    make_champions(toy, 2)
    toy.client.delete_model_version(toy.model, "1")
    with pytest.raises(SeqopsError, match=r"no version 1\. Existing versions: 2\."):
        toy.champion_alias.roll_back()
    assert toy.champion == "2"


def test_a_manual_promotion_removes_the_mark_of_a_rollback(toy):
    make_champions(toy, 2)
    toy.champion_alias.roll_back()
    toy.champion_alias.promote(promotion("2", "1", by="user"))
    assert toy.champion == "2"
    assert "seqops.rolled_back" not in toy.tags("2")
    assert toy.tags("2")["seqops.decision_by"] == "user"


def test_the_rule_does_not_promote_a_rolled_back_version(toy):
    toy.make(GOOD)
    toy.make(BETTER)
    toy.champion_alias.roll_back()
    assert "only `seqops promote`" in toy.publish().reason
    assert toy.champion == "1"


def test_a_promotion_compared_with_an_earlier_champion_is_refused(toy):
    register(toy, 3)
    toy.champion_alias.promote(promotion("1", None))
    toy.champion_alias.promote(promotion("2", "1"))
    with pytest.raises(ChampionChangedError, match="version 2 became champion in the meantime"):
        toy.champion_alias.promote(promotion("3", "1"))
    assert toy.champion == "2"
    assert toy.decisions() == [("promoted", "1", None, "1"), ("promoted", "2", "1", "2")]


PROMOTE = """
import sys
from pathlib import Path
from seqops.tracking import mlflow_runs as track
from seqops.registry.champion import Decision, ChampionChangedError, ChampionAlias
from seqops.core.project import Project
root, task, model, version = sys.argv[1:]
store = Project(Path(root))
succession = ChampionAlias(track.connect(store), store, task, model)
seen = succession.champion()
print("ready", flush=True)
sys.stdin.readline()
try:
    succession.promote(Decision("promoted", version, "rule", seen, version, "it is better"))
except ChampionChangedError as error:
    sys.exit(str(error))
"""


def test_of_two_concurrent_promotions_one_succeeds_and_the_other_is_refused(toy):
    register(toy, 3)
    toy.champion_alias.promote(promotion("1", None))
    running = []
    for version in ("2", "3"):
        command = [
            sys.executable,
            "-c",
            PROMOTE,
            str(toy.project.root),
            toy.task.name,
            toy.model,
            version,
        ]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(command, text=True, **pipes))
    # both have read version 1 before either promotes
    assert [process.stdout.readline() for process in running] == ["ready\n"] * 2
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in running]
    assert sorted(process.returncode for process in running) == [0, 1]
    winner, loser = ("2", "3") if running[0].returncode == 0 else ("3", "2")
    assert toy.champion == winner
    assert f"version {winner} became champion in the meantime" in errors[int(loser) - 2]
    assert toy.decisions() == [("promoted", "1", None, "1"), ("promoted", winner, "1", winner)]
    assert toy.decisions("intent") == toy.decisions()


class FailingClient:
    """A client whose server fails at the n-th call: before the call takes effect, or after it."""

    def __init__(self, client, calls, error, takes_effect):
        self.client, self.left, self.error, self.takes_effect = client, calls, error, takes_effect

    def __getattr__(self, name):
        real = getattr(self.client, name)

        def call(*arguments, **named):
            self.left -= 1
            if self.left == -1 and self.takes_effect:
                real(*arguments, **named)
            if self.left < 0:
                raise self.error
            return real(*arguments, **named)

        return call


FAILURES = [
    MlflowException("the server is gone"),
    requests.ConnectionError("the server is gone"),
]


def state(toy):
    """Return everything visible of a registered model and its journal, without times and run ids."""
    found = [
        (v.version, sorted(v.tags.items()), v.description) for v in versions.versions(toy.client, toy.model)
    ]
    lines = [{**e, "time": "", "run_id": ""} for e in Journal.open(toy.project).entries()]
    return repr((found, toy.champion, toy.challenger, lines)).replace(toy.model, "the model")


def check_recovery(toy, monkeypatch, prepare, act):
    """Let the server fail at each call of `act` in turn, repeat it, and compare with an undisturbed run."""
    connect = connection.connect
    prepare(toy)
    before = toy.champion
    act(toy)
    undisturbed, after = state(toy), toy.champion
    for calls in itertools.count():
        other = create_toy_registry(toy.project.root / f"failure-{calls}", f"{toy.model}-{calls}")
        prepare(other)
        failing = FailingClient(other.client, calls, FAILURES[calls % 2], takes_effect=calls % 4 > 1)
        monkeypatch.setattr(connection, "connect", lambda store, failing=failing: failing)
        failed = False
        try:
            act(other)
        except SeqopsError as error:
            failed = "the server is gone" in str(error)
            assert failed
        monkeypatch.setattr(connection, "connect", connect)
        assert other.champion in (before, after)
        act(other)
        assert state(other) == undisturbed, f"after a failure at call {calls + 1}"
        if not failed:
            return calls
    return 0


def test_a_promotion_that_fails_at_any_call_of_the_server_is_completed_by_a_repeat(toy, monkeypatch):
    def promote(toy):
        if toy.champion_alias.recover() is None and toy.champion != "2":
            toy.champion_alias.promote(promotion("2", "1"))

    calls = check_recovery(toy, monkeypatch, make_champion_and_challenger, promote)
    assert calls > 5


def make_champion_and_challenger(toy):
    make_champions(toy, 1)
    register(toy, 1)


def test_a_rollback_that_fails_at_any_call_of_the_server_is_completed_by_a_repeat(toy, monkeypatch):
    # a failure after the last call does not count: a repeat would go back one more champion
    def roll_back(toy):
        if toy.champion_alias.champion() == "3" or toy.decisions()[-1][0] != "rolled back":
            toy.champion_alias.roll_back()

    assert check_recovery(toy, monkeypatch, lambda toy: make_champions(toy, 3), roll_back) > 5


def test_a_promotion_left_unrecorded_by_a_crash_is_recorded_by_the_next_one(toy, monkeypatch):
    make_champion_and_challenger(toy)
    with monkeypatch.context() as patched:
        patched.setattr(ChampionAlias, "_finish", raise_server_gone)
        with pytest.raises(SeqopsError, match="the server is gone"):
            toy.champion_alias.promote(promotion("2", "1"))
    assert toy.champion == "2"
    register(toy, 1)
    toy.champion_alias.promote(promotion("3", "2"))
    assert toy.decisions() == [
        ("promoted", "1", None, "1"),
        ("promoted", "2", "1", "2"),
        ("promoted", "3", "2", "3"),
    ]
    assert toy.tags("2")["seqops.decision"] == "promoted"


def test_a_rollback_after_an_unrecorded_promotion_demotes_that_version(toy, monkeypatch):
    make_champion_and_challenger(toy)
    with monkeypatch.context() as patched:
        patched.setattr(ChampionAlias, "_finish", raise_server_gone)
        with pytest.raises(SeqopsError):
            toy.champion_alias.promote(promotion("2", "1"))
    assert toy.champion_alias.roll_back().after == "1"
    assert toy.decisions()[1:] == [("promoted", "2", "1", "2"), ("rolled back", "2", "2", "1")]


def raise_server_gone(*arguments):
    raise MlflowException("the server is gone")


@pytest.mark.faults
def test_publishing_that_fails_at_any_call_of_the_server_is_completed_by_a_repeat(toy, monkeypatch):
    def prepare(toy):
        toy.make(GOOD)
        toy.write(BETTER)

    calls = check_recovery(toy, monkeypatch, prepare, lambda toy: toy.publish())
    assert calls > 20
