"""Champions that come and go: rollback, two at once, and a death at every step."""

import itertools
import subprocess
import sys

import pytest
import requests
from mlflow.exceptions import MlflowException

from realm import BETTER, GOOD, founded
from seqops.core.errors import SeqopsError
from seqops.registry import versions as registry
from seqops.registry.champion import ChampionAlias, ChampionChangedError, Decision
from seqops.runtime.journal import Journal
from seqops.tracking import connection, mlflow_runs


def versions(realm, n):
    """Register versions 1 to n of a model, none of them champion."""
    registry.describe(realm.client, realm.model, "a toy")
    experiment = mlflow_runs.experiment_of(realm.client, realm.store, realm.task.name)
    for _ in range(n):
        run = realm.client.create_run(experiment)
        realm.client.create_model_version(realm.model, f"{run.info.artifact_uri}/model", run.info.run_id)


def promotion(version, before, by="rule"):
    return Decision("promoted", version, by, before, version, "it is better", {"p": 0.01})


def crowned(realm, n):
    """Make versions 1 to n champion, one after the other."""
    versions(realm, n)
    for number in range(1, n + 1):
        realm.succession.promote(promotion(str(number), str(number - 1) if number > 1 else None))


def test_a_rollback_puts_the_former_champion_back_and_marks_the_one_it_takes_down(realm):
    crowned(realm, 2)
    decision = realm.succession.roll_back()
    assert (decision.by, decision.before, decision.after) == ("user", "2", "1")
    assert realm.champion == "1"
    assert realm.tags("2")["seqops.rolled_back"] == "true"
    assert realm.tags("2")["seqops.decision"] == "rolled back"
    assert "seqops.rolled_back" not in realm.tags("1")
    assert realm.lines()[-1] == ("rolled back", "2", "2", "1")


def test_two_rollbacks_go_back_two_champions_and_a_third_finds_none(realm):
    crowned(realm, 3)
    assert [realm.succession.roll_back().after for _ in range(2)] == ["2", "1"]
    with pytest.raises(SeqopsError, match="has no previous champion to roll back to"):
        realm.succession.roll_back()
    assert realm.champion == "1"


def test_without_a_champion_there_is_nothing_to_roll_back(realm):
    versions(realm, 1)
    with pytest.raises(SeqopsError, match="has no champion"):
        realm.succession.roll_back()


def test_a_rollback_does_not_bring_back_what_was_rolled_back(realm):
    crowned(realm, 2)
    realm.succession.roll_back()
    realm.succession.promote(promotion("2", "1", by="user"))
    realm.succession.promote(promotion("1", "2", by="user"))
    realm.succession.roll_back()
    with pytest.raises(SeqopsError, match="version 1, was itself rolled back"):
        realm.succession.roll_back()


def test_a_rollback_to_a_version_that_was_deleted_names_those_that_are_left(realm):
    crowned(realm, 2)
    realm.client.delete_model_version(realm.model, "1")
    with pytest.raises(SeqopsError, match=r"no version 1\. Existing versions: 2\."):
        realm.succession.roll_back()
    assert realm.champion == "2"


def test_a_person_s_promotion_takes_the_mark_of_a_rollback_away(realm):
    crowned(realm, 2)
    realm.succession.roll_back()
    realm.succession.promote(promotion("2", "1", by="user"))
    assert realm.champion == "2"
    assert "seqops.rolled_back" not in realm.tags("2")
    assert realm.tags("2")["seqops.decision_by"] == "user"


def test_the_rule_leaves_out_what_was_rolled_back(realm):
    realm.make(GOOD)
    realm.make(BETTER)
    realm.succession.roll_back()
    assert "only `seqops promote`" in realm.publish().reason
    assert realm.champion == "1"


def test_who_was_compared_with_a_former_champion_is_told(realm):
    versions(realm, 3)
    realm.succession.promote(promotion("1", None))
    realm.succession.promote(promotion("2", "1"))
    with pytest.raises(ChampionChangedError, match="version 2 became champion in the meantime"):
        realm.succession.promote(promotion("3", "1"))
    assert realm.champion == "2"
    assert realm.lines() == [("promoted", "1", None, "1"), ("promoted", "2", "1", "2")]


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


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(realm):
    versions(realm, 3)
    realm.succession.promote(promotion("1", None))
    running = []
    for version in ("2", "3"):
        command = [
            sys.executable,
            "-c",
            PROMOTE,
            str(realm.store.root),
            realm.task.name,
            realm.model,
            version,
        ]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(command, text=True, **pipes))
    # both have seen version 1 before either moves
    assert [process.stdout.readline() for process in running] == ["ready\n"] * 2
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[1] for process in running]
    assert sorted(process.returncode for process in running) == [0, 1]
    winner, loser = ("2", "3") if running[0].returncode == 0 else ("3", "2")
    assert realm.champion == winner
    assert f"version {winner} became champion in the meantime" in said[int(loser) - 2]
    assert realm.lines() == [("promoted", "1", None, "1"), ("promoted", winner, "1", winner)]
    assert realm.lines("intent") == realm.lines()


class Dying:
    """A client of a server that dies at its n-th call: before it has done it, or before it can say so."""

    def __init__(self, client, alive, error, done):
        self.client, self.left, self.error, self.done = client, alive, error, done

    def __getattr__(self, name):
        real = getattr(self.client, name)

        def call(*arguments, **named):
            self.left -= 1
            if self.left == -1 and self.done:
                real(*arguments, **named)
            if self.left < 0:
                raise self.error
            return real(*arguments, **named)

        return call


DEATHS = [MlflowException("the server is gone"), requests.ConnectionError("the server is gone")]


def state(realm):
    """Show all that may be seen of a registered model and its record, less times and names of runs."""
    found = [
        (v.version, sorted(v.tags.items()), v.description)
        for v in registry.versions(realm.client, realm.model)
    ]
    lines = [{**e, "time": "", "run_id": ""} for e in Journal.open(realm.store).entries()]
    return repr((found, realm.champion, realm.challenger, lines)).replace(realm.model, "the model")


def survive(realm, monkeypatch, prepare, act):
    """Let the server die at each call of `act` in turn, act again, and compare with an undisturbed act."""
    connect = connection.connect
    prepare(realm)
    before = realm.champion
    act(realm)
    undisturbed, after = state(realm), realm.champion
    for alive in itertools.count():
        other = founded(realm.store.root / f"death-{alive}", f"{realm.model}-{alive}")
        prepare(other)
        dying = Dying(other.client, alive, DEATHS[alive % 2], done=alive % 4 > 1)
        monkeypatch.setattr(connection, "connect", lambda store, dying=dying: dying)
        died = False
        try:
            act(other)
        except SeqopsError as error:
            died = "the server is gone" in str(error)
            assert died
        monkeypatch.setattr(connection, "connect", connect)
        assert other.champion in (before, after)
        act(other)
        assert state(other) == undisturbed, f"after a death at call {alive + 1}"
        if not died:
            return alive
    return 0


def test_a_server_that_dies_at_any_call_of_a_promotion_leaves_what_a_repeat_completes(realm, monkeypatch):
    def promote(realm):
        if realm.succession.recover() is None and realm.champion != "2":
            realm.succession.promote(promotion("2", "1"))

    calls = survive(realm, monkeypatch, crowned_and_next, promote)
    assert calls > 5


def crowned_and_next(realm):
    crowned(realm, 1)
    versions(realm, 1)


def test_a_server_that_dies_at_any_call_of_a_rollback_leaves_what_a_repeat_completes(realm, monkeypatch):
    # a death after the last call is none: a repeat would go back one champion more
    def roll_back(realm):
        if realm.succession.champion() == "3" or realm.lines()[-1][0] != "rolled back":
            realm.succession.roll_back()

    assert survive(realm, monkeypatch, lambda realm: crowned(realm, 3), roll_back) > 5


def test_who_comes_next_records_the_promotion_that_a_death_left_unrecorded(realm, monkeypatch):
    crowned_and_next(realm)
    with monkeypatch.context() as patched:
        patched.setattr(ChampionAlias, "_finish", gone)
        with pytest.raises(SeqopsError, match="the server is gone"):
            realm.succession.promote(promotion("2", "1"))
    assert realm.champion == "2"
    versions(realm, 1)
    realm.succession.promote(promotion("3", "2"))
    assert realm.lines() == [
        ("promoted", "1", None, "1"),
        ("promoted", "2", "1", "2"),
        ("promoted", "3", "2", "3"),
    ]
    assert realm.tags("2")["seqops.decision"] == "promoted"


def test_a_rollback_after_an_unrecorded_promotion_takes_that_one_down(realm, monkeypatch):
    crowned_and_next(realm)
    with monkeypatch.context() as patched:
        patched.setattr(ChampionAlias, "_finish", gone)
        with pytest.raises(SeqopsError):
            realm.succession.promote(promotion("2", "1"))
    assert realm.succession.roll_back().after == "1"
    assert realm.lines()[1:] == [("promoted", "2", "1", "2"), ("rolled back", "2", "2", "1")]


def gone(*arguments):
    raise MlflowException("the server is gone")


@pytest.mark.faults
def test_a_server_that_dies_at_any_call_of_publishing_leaves_what_a_repeat_completes(realm, monkeypatch):
    def prepare(realm):
        realm.make(GOOD)
        realm.write(BETTER)

    calls = survive(realm, monkeypatch, prepare, lambda realm: realm.publish())
    assert calls > 20
