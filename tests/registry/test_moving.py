"""Versions under the name of a former release move to the models of their data, with what refers to them."""

import itertools

import pytest
from test_champion import FAILURES, FailingClient
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.errors import SeqopsError
from seqops.params import Params
from seqops.registry import moving, versions
from seqops.registry.champion import FORMER, ChampionAlias, Decision
from seqops.registry.decision_log import DecisionLog
from seqops.registry.tags import tags_of
from seqops.tracking import mlflow_runs
from toy_registry import create_toy_registry

MARKS = (versions.REGISTERED, moving.MOVED_FROM)
SOURCES = ("sample", "own/sales.csv", "sample")
"""The data of three versions, each of which became champion instead of the one before."""


def prepare(toy):
    """Register the versions as a former release did; return its name for them."""
    name = toy.task.data.registered_name
    toy.task.section.pop("registry")
    versions.describe(toy.client, name, "a toy")
    experiment = mlflow_runs.experiment_of(toy.client, toy.project, toy.task.name)
    former = ChampionAlias(toy.client, toy.project, toy.task.name, name)
    for number, source in enumerate(SOURCES, 1):
        run = toy.client.create_run(experiment)
        tags = {"seqops.source": source, versions.MODEL: f"m{number}", versions.DATA: source}
        uri, card = f"{run.info.artifact_uri}/model", f"models:/{name}@champion"
        toy.client.create_model_version(name, uri, run.info.run_id, tags=tags, description=card)
        before = str(number - 1) if number > 1 else None
        former.promote(Decision("promoted", str(number), "user", before, str(number), "better"))
    versions.set_alias(toy.client, name, versions.CHALLENGER, "3")
    versions.set_alias(toy.client, name, "canary", "2")
    return name


@pytest.fixture
def old(toy):
    return prepare(toy)


def move(toy, client=None):
    return moving.move(toy.project, client or toy.client, toy.task)


def decisions(toy, name):
    log = DecisionLog.read(toy.project)
    assert log.damaged == []
    made = [entry for entry in log.of_model(name) if entry["stage"] == "outcome"]
    return [(entry["version"], entry["from"], entry["to"]) for entry in made]


def state(toy, old):
    """Return everything visible of the models of both data, without run ids."""
    models = [f"{old}-sample", f"{old}-sales", old]
    found = []
    for name in models:
        for version in versions.versions(toy.client, name):
            tags = {key: value for key, value in tags_of(version).items() if key not in MARKS}
            found.append((version.version, tags, version.description))
        aliases = ("champion", "challenger", "canary")
        found.append([versions.get_alias(toy.client, name, alias) for alias in aliases])
        found.append(decisions(toy, name))
    return repr(found).replace(old, "old")


def test_each_version_moves_to_the_model_of_its_data_with_tags_aliases_and_decisions(toy, old):
    made = toy.client.get_model_version(old, "3")
    assert [(m.version, m.to_model, m.to_version) for m in move(toy)] == [
        ("1", f"{old}-sample", "1"),
        ("2", f"{old}-sales", "1"),
        ("3", f"{old}-sample", "2"),
    ]
    assert versions.versions(toy.client, old) == [] and versions.names(toy.client, old) == [
        f"{old}-sales",
        f"{old}-sample",
    ]
    assert toy.model == f"{old}-sample"
    assert (toy.champion, toy.challenger) == ("2", "2")
    sales = toy.client.get_registered_model(f"{old}-sales").aliases
    # it was champion before the present one
    assert {alias: str(number) for alias, number in sales.items()} == {
        "champion": "1",
        "challenger": "1",
        "canary": "1",
    }
    copy = toy.client.get_model_version(toy.model, "2")
    assert (copy.source, copy.run_id) == (made.source, made.run_id)
    assert copy.description == f"models:/{toy.model}@champion"
    assert tags_of(made).items() - tags_of(copy).items() == {(FORMER, "2")}
    assert tags_of(copy)[versions.REGISTERED] == str(made.creation_timestamp)
    assert decisions(toy, toy.model) == [("1", None, "1"), ("2", f"{old}-sales v1", "2")]
    assert decisions(toy, f"{old}-sales") == [("1", f"{old}-sample v1", "1")]
    assert toy.champion_alias.roll_back().after == "1"
    assert move(toy) == []


def test_a_model_that_was_registered_again_under_its_new_name_keeps_its_champion(toy, old):
    content = toy.client.get_model_version(old, "3")
    tags = {key: tags_of(content)[key] for key in versions.CONTENT}
    versions.describe(toy.client, toy.model, "a toy")
    toy.client.create_model_version(toy.model, content.source, content.run_id, tags=tags)
    versions.set_alias(toy.client, toy.model, "champion", "1")
    assert [m.to_version for m in move(toy)] == ["2", "1", "1"]
    assert toy.champion == "1"


def test_a_chosen_name_gets_the_versions_of_the_present_data_only(toy, old):
    toy.task.section["registry"] = {"name": f"{old}.chosen"}
    assert [m.to_model for m in move(toy)] == [f"{old}.chosen", f"{old}-sales", f"{old}.chosen"]


def test_the_former_name_chosen_again_is_left_alone(toy, old):
    toy.task.section["registry"] = {"name": old}
    assert move(toy) == [] and moving.advice(toy.client, [toy.task]) == ""
    assert len(versions.versions(toy.client, old)) == 3


def test_one_line_names_the_versions_and_the_command(toy, old, monkeypatch):
    line = moving.advice(toy.client, [toy.task, toy.task])
    assert line.startswith(f"Versions registered under names of a former release: 3 of {old}. ")
    assert "`seqops move-versions`" in line
    monkeypatch.setattr(Params, "task", lambda self, name: toy.task)
    monkeypatch.setattr("seqops.core.project.Project.find", lambda: toy.project)
    monkeypatch.setattr(Params, "load", lambda path: Params(path, {"tasks": {toy.task.name: {}}}))
    call = CliRunner().invoke
    assert f"error: {old}-sample has no versions. {line}" in call(app, ["predict", toy.task.name, "a"]).stderr
    done = call(app, ["move-versions"])
    assert done.stdout.splitlines()[1] == f"{old} v2 is now {old}-sales v1"
    assert "No versions are registered under names" in call(app, ["move-versions", toy.task.name]).stdout
    assert moving.advice(toy.client, [toy.task]) == ""


def test_a_move_that_fails_at_a_call_of_the_server_is_completed_by_a_repeat(toy, old):
    move(toy)
    undisturbed = state(toy, old)
    for calls in itertools.count(2, 5):
        other = create_toy_registry(toy.project.root / f"failure-{calls}", f"{old}-{calls}x")
        name = prepare(other)
        failing = FailingClient(other.client, calls, FAILURES[calls % 2], takes_effect=calls % 4 > 1)
        try:
            move(other, failing)
        except SeqopsError:
            move(other)
        else:
            break
        assert state(other, name) == undisturbed, f"after a failure at call {calls + 1}"
    assert calls > 30
