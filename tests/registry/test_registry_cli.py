"""The commands of the registry as a person meets them."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from realm import BAD, BETTER, GOOD
from seqops.cli import app
from seqops.params import Params
from seqops.runtime.journal import Journal

HERE = Path(__file__).parents[2]


@pytest.fixture
def project(realm, monkeypatch):
    """The toy's project, entered from a folder inside it."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(HERE / name, realm.store.root / name)
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    monkeypatch.chdir(realm.folder.path)
    monkeypatch.setattr(Params, "task", lambda self, name: realm.task)
    return realm


def call(command, realm, *arguments):
    done = CliRunner().invoke(app, [command, realm.task.name, *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def refusal(command, realm, *arguments):
    done = CliRunner().invoke(app, [command, realm.task.name, *arguments])
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert done.stderr.startswith("error: ")
    return done.stderr


def row(table, first):
    """Return the cells of a table's row."""
    line = next(line for line in table.splitlines() if line.strip("│┃ ").startswith(first))
    return [cell.strip() for cell in line.replace("┃", "│").strip("│").split("│")]


def test_compare_shows_scores_intervals_and_the_difference_to_the_champion(project):
    project.make(GOOD)
    project.make(BETTER)
    project.make(GOOD, data=1)
    project.write(BETTER)
    said = call("compare", project, "--last", "2")
    assert row(said, "score on")[1:] == ["v3 challenger", "v2 champion"]
    assert row(said, "accuracy")[2] == "1 [1, 1]"
    assert row(said, "accuracy")[1].startswith("0.8 [0.")
    assert row(said, "difference from")[2] == "the champion itself"
    assert row(said, "data sha256")[1] != row(said, "data sha256")[2]
    assert "rows" not in said.split("Differing params and data")[1]


def test_compare_pairs_each_version_with_the_champion(project):
    project.make(GOOD)
    project.make(BETTER)
    said = call("compare", project)
    assert row(said, "score on")[1:] == ["v2 champion challenger", "v1"]
    assert row(said, "difference from")[2].startswith("-0.2 [-0.")
    assert "Params and data are equal." in said


def test_compare_without_the_present_rows_shows_what_was_published(project):
    project.make(GOOD)
    shutil.rmtree(project.folder.arrays)
    said = call("compare", project)
    assert "arrays does not exist" in said
    assert row(said, "difference from")[1] == "the current test rows are not on disk"


def test_history_tells_every_decision(project):
    assert "No promotion decisions" in call("history", project)
    project.make(GOOD)
    project.make(BETTER)
    project.make(BAD)
    call("rollback", project)
    lines = [line for line in call("history", project).splitlines() if line.startswith("│ 20")]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    assert [line[1:4] + line[5:6] for line in cells] == [
        ["promoted", "1", "none -> 1", "rule"],
        ["promoted", "2", "1 -> 2", "rule"],
        ["kept", "3", "2 -> 2", "rule"],
        ["rolled back", "2", "2 -> 1", "user"],
    ]
    assert cells[1][4] == "1 (0.8)"
    assert "it beats version 1" in cells[1][6]


def test_promote_asks_and_where_nobody_can_answer_wants_yes(project):
    project.make(BETTER)
    project.make(GOOD)
    assert "--yes" in refusal("promote", project, "2")
    assert project.champion == "1"


def test_promote_by_hand_is_recorded_with_the_rule_s_opinion(project):
    project.make(BETTER)
    project.make(GOOD)
    said = call("promote", project, "2", "--yes")
    assert row(said, "all")[1].startswith("-0.2 [")
    assert row(said, "first (40)")[1].startswith("-0.3 [")
    assert "the rule would not promote it: version 1 stays champion" in said
    assert project.champion == "2"
    last = Journal.open(project.store).entries()[-1]
    assert (last["by"], last["from"], last["to"]) == ("user", "1", "2")
    assert last["reason"].startswith("manually; the rule would not promote it: version 1 stays champion")
    assert last["numbers"]["rule_would_promote"] is False
    assert "version 2 of" in call("promote", project, "2", "--yes")
    assert project.lines() == [
        ("promoted", "1", None, "1"),
        ("kept", "2", "1", "1"),
        ("promoted", "2", "1", "2"),
    ]


def test_a_person_may_promote_what_no_rule_can_judge(project):
    project.make(GOOD)
    project.make(BAD)
    shutil.rmtree(project.folder.arrays)
    said = call("promote", project, "2", "--yes")
    assert "the rule cannot decide" in said
    assert project.champion == "2"


def test_an_unknown_version_is_refused_with_the_known_ones(project):
    project.make(GOOD)
    assert "Existing versions: 1." in refusal("promote", project, "7", "--yes")


def test_rollback_is_one_command_and_refuses_where_there_is_no_former_champion(project):
    project.make(GOOD)
    project.make(BETTER)
    assert "version 2 rolled back by the user: version 1 is restored.\nchampion: 2 -> 1" in call(
        "rollback", project
    )
    assert project.champion == "1"
    assert "no previous champion" in refusal("rollback", project)


def test_publish_brings_a_lost_registry_back(project):
    project.make(GOOD)
    project.forget()
    assert "version 1 promoted by the rule: there was no champion" in call("publish", project)
    assert "version 1 kept by the rule: it is the champion" in call("publish", project)
    assert project.champion == "1"


def test_publish_without_artefacts_names_the_missing_file(project):
    assert "metrics.json does not exist" in refusal("publish", project)


def test_with_nothing_registered_each_command_says_so(project):
    assert "no version of" in refusal("compare", project)
    assert "has no version 1. Existing versions: none" in refusal("promote", project, "1", "--yes")
    assert "has no champion" in refusal("rollback", project)


def test_history_shows_decisions_of_earlier_releases_with_the_former_key(project):
    rule = {"alpha": 0.05, "guard": 0.05, "unscorable": "keep", "resamples": 100, "seed": 0}
    decision = {"stage": "outcome", "task": project.task.name, "model": project.model, "action": "promoted"}
    decision |= {"version": "7", "by": "rule", "from": None, "to": "7", "reason": "it is better"}
    Journal.open(project.store).append({**decision, "numbers": {"rule": rule}})
    assert "it is better" in " ".join(call("history", project).split())
