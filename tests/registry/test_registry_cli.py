"""The registry commands as a user runs them."""

import shutil
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from seqops.cli import app
from seqops.params import Params
from seqops.registry import version_process, versions
from seqops.runtime.journal import Journal
from toy_registry import BAD, BETTER, GOOD, add_perfect_baseline

ROOT = Path(__file__).parents[2]


@pytest.fixture
def toy(toy, monkeypatch):
    """The toy's project, with a folder inside it as working directory."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, toy.project.root / name)
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    monkeypatch.chdir(toy.folder.path)
    monkeypatch.setattr(Params, "task", lambda self, name: toy.task)
    return toy


def call(command, toy, *arguments):
    done = CliRunner().invoke(app, [command, toy.task.name, *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def refusal(command, toy, *arguments):
    done = CliRunner().invoke(app, [command, toy.task.name, *arguments])
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert done.stderr.startswith("error: ")
    return done.stderr


def row(table, first):
    """Return the cells of the table row whose first cell starts with `first`."""
    line = next(line for line in table.splitlines() if line.strip("│┃ ").startswith(first))
    return [cell.strip() for cell in line.replace("┃", "│").strip("│").split("│")]


def test_a_name_that_no_registered_model_has_is_refused_with_those_that_there_are(toy):
    assert "no registered model has the name 'none'. There is none of this task" in refusal(
        "compare", toy, "--model", "none"
    )
    toy.make(GOOD)
    assert f"Those of this task are {toy.model}." in refusal("compare", toy, "--model", "none")


def test_compare_shows_scores_intervals_and_the_difference_to_the_champion(toy):
    toy.make(GOOD)
    toy.make(BETTER)
    toy.make(GOOD, data=1)
    toy.write(BETTER)
    output = call("compare", toy, "--last", "2")
    assert row(output, "score on")[1:] == ["v3 challenger", "v2 champion"]
    assert row(output, "accuracy")[2] == "1 [1, 1]"
    assert row(output, "accuracy")[1].startswith("0.8 [0.")
    assert row(output, "difference from")[2] == "the champion itself"
    assert row(output, "data sha256")[1] != row(output, "data sha256")[2]
    assert "rows" not in output.split("Differing params and data")[1]


def test_versions_of_other_test_rows_are_in_a_table_of_their_own(toy):
    toy.make(GOOD)
    toy.make(BETTER, contents=tuple(f"other {row}" for row in range(60)))
    tables = call("compare", toy).split("Versions of ")[1:]
    heads = [" ".join(table.split("┏")[0].split()) for table in tables]
    assert [head.partition(" (")[0] for head in heads] == [f"{toy.model} on the test rows 60"] * 2
    assert heads[0] != heads[1]
    assert [row(table, "score on these test rows")[1] for table in tables] == ["v2 challenger", "v1 champion"]
    toy.forget("1", versions.TEST_ROWS)
    assert f"on the test rows of data {toy.tags('1')[versions.DATA][:6]}" in call("compare", toy)


def test_a_version_of_a_former_release_has_the_test_rows_of_one_with_the_same_data(toy):
    toy.make(GOOD)
    toy.make(BETTER)
    toy.forget("1", versions.TEST_ROWS)
    assert call("compare", toy).count("Versions of ") == 1


def test_another_registered_model_is_compared_without_the_current_test_rows(toy):
    toy.task.section["registry"]["name"] += "-first"
    toy.make(GOOD)
    name = toy.model
    toy.task.section["registry"]["name"] += "-other"
    output = call("compare", toy, "--model", name)
    assert f"No differences from the champion: the current test rows are those of {toy.model}" in output
    assert row(output, "accuracy")[1].startswith("0.8 [0.")
    assert "no version of" in refusal("compare", toy)


def test_compare_pairs_each_version_with_the_champion(toy):
    toy.make(GOOD)
    toy.make(BETTER)
    output = call("compare", toy)
    assert row(output, "score on")[1:] == ["v2 champion challenger", "v1"]
    assert row(output, "difference from")[2].startswith("-0.2 [-0.")
    assert "Params and data are equal." in output


def test_compare_without_the_current_test_rows_shows_the_published_scores(toy):
    toy.make(GOOD)
    shutil.rmtree(toy.folder.arrays)
    output = call("compare", toy)
    assert "arrays does not exist" in output
    assert row(output, "difference from")[1] == "the current test rows are not on disk"


def test_compare_reports_a_better_classical_method(toy):
    add_perfect_baseline(toy)
    toy.make(GOOD)
    toy.make(BETTER)
    lines = [line for line in call("compare", toy).splitlines() if "a classical method" in line]
    assert lines == ["v1: By accuracy, a classical method is better than this model (0.8): perfect (1)."]


@pytest.fixture
def predict(toy, monkeypatch):
    """Call `seqops predict`; the version itself is not run, and knows no word."""

    @contextmanager
    def running(client, version):
        yield SimpleNamespace(
            predict=lambda inputs: [{"odd": 1} for _ in inputs],
            unknown_words=lambda inputs: [word for text in inputs for word in text.split()],
        )

    monkeypatch.setattr(version_process, "running", running)
    return lambda *words: CliRunner().invoke(app, ["predict", toy.task.name, "--json", *words])


@pytest.mark.parametrize(("correct", "reported"), [(GOOD, True), (BETTER, False)])
def test_predict_reports_a_better_classical_method_on_stderr(toy, predict, correct, reported):
    add_perfect_baseline(toy)
    toy.make(correct)
    done = predict("12")
    assert done.exit_code == 0
    assert done.stdout == '{"odd": 1}\n'
    assert ("a classical method is better than this model" in done.stderr) is reported


def test_predict_says_which_version_answers_that_it_knows_a_sample_and_which_words_it_does_not(toy, predict):
    toy.make(GOOD)
    done = predict("a b", "b c")
    first, last = done.stderr.splitlines()
    assert first.startswith(f"{toy.model} v1, a model of the embedded sample, which knows nothing else.")
    assert f"set tasks.{toy.task.name}.source" in first
    assert last == "Not in its vocabulary: a, b, c"
    assert predict(" ".join("abcdefghijklm")).stderr.splitlines()[1].endswith(" i, j and 3 more")
    assert predict("Busan.").stderr.endswith(": Busan.\n")
    toy.client.set_model_version_tag(toy.model, "1", "seqops.source", "own.csv")
    assert predict("a").stderr.startswith(f"{toy.model} v1.\n")


def test_another_registered_model_of_the_kind_is_named_and_answers_by_its_name(toy, predict):
    toy.task.section["registry"]["name"] += "-first"
    toy.make(GOOD)
    first = toy.model
    toy.task.section["registry"]["name"] += "-other"
    message = " ".join(predict("a").stderr.split())
    assert f"error: {toy.model} has no versions. " in message
    assert f"Others of this task, for `--model`: {first}." in message
    done = predict("a", "--model", first)
    assert (done.exit_code, done.stderr.partition(",")[0]) == (0, f"{first} v1")


def test_without_a_champion_predict_gives_the_reason_and_names_the_challenger(toy, predict):
    toy.make(BAD)
    message = " ".join(predict("a").stderr.split())
    assert f"error: no version of {toy.model} is champion. The rule did not promote version 1: it " in message
    assert "`--alias challenger` asks it anyway" in message
    assert predict("a", "--alias", "challenger").exit_code == 0
    assert "has the alias 'best'. Use champion or challenger." in predict("a", "--alias", "best").stderr
    toy.client.delete_model_version_tag(toy.model, "1", "seqops.decision")
    assert f"`seqops publish {toy.task.name}` applies the rule to version 1." in predict("a").stderr


def test_history_lists_every_decision(toy):
    assert "No promotion decisions" in call("history", toy)
    toy.make(GOOD)
    toy.make(BETTER)
    toy.make(BAD)
    call("rollback", toy)
    lines = [line for line in call("history", toy).splitlines() if line.startswith("│ 20") and line[6] == "-"]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    assert [line[1:4] + line[7:8] for line in cells] == [
        ["promoted", "1", "none -> 1", "rule"],
        ["promoted", "2", "1 -> 2", "rule"],
        ["kept", "3", "2 -> 2", "rule"],
        ["rolled back", "2", "2 -> 1", "user"],
    ]
    assert cells[1][5] == "1 (0.8)"
    assert [line[4].partition(" (")[0] for line in cells] == ["", "60", "60", ""]
    assert [line[6] for line in cells] == ["", "1, p < 0.0304", "2, p < 0.0076", ""]
    assert cells[1][8].startswith("it beats")
    assert "no promotion decision about 'other' is recorded" in refusal("history", toy, "--model", "other")


def test_promote_without_a_terminal_requires_yes(toy):
    toy.make(BETTER)
    toy.make(GOOD)
    assert "--yes" in refusal("promote", toy, "2")
    assert toy.champion == "1"


def test_a_manual_promotion_is_recorded_with_the_verdict_of_the_rule(toy):
    toy.make(BETTER)
    toy.make(GOOD)
    output = call("promote", toy, "2", "--yes")
    assert row(output, "all")[1].startswith("-0.2 [")
    assert row(output, "first (40)")[1].startswith("-0.3 [")
    assert "the rule would not promote it: version 1 stays champion" in output
    assert toy.champion == "2"
    last = Journal.open(toy.project).entries()[-1]
    assert (last["by"], last["from"], last["to"]) == ("user", "1", "2")
    assert last["reason"].startswith("manually; the rule would not promote it: version 1 stays champion")
    assert last["numbers"]["rule_would_promote"] is False
    assert "version 2 of" in call("promote", toy, "2", "--yes")
    assert toy.decisions() == [
        ("promoted", "1", None, "1"),
        ("kept", "2", "1", "1"),
        ("promoted", "2", "1", "2"),
    ]


def test_a_version_that_the_rule_cannot_judge_can_be_promoted_manually(toy):
    toy.make(GOOD)
    toy.make(BAD)
    shutil.rmtree(toy.folder.arrays)
    output = call("promote", toy, "2", "--yes")
    assert "the rule cannot decide" in output
    assert toy.champion == "2"


def test_an_unknown_version_is_refused_and_the_existing_ones_are_listed(toy):
    toy.make(GOOD)
    assert "Existing versions: 1." in refusal("promote", toy, "7", "--yes")


def test_rollback_works_once_and_is_refused_without_a_previous_champion(toy):
    toy.make(GOOD)
    toy.make(BETTER)
    assert "version 2 rolled back by the user: version 1 is restored.\nchampion: 2 -> 1" in call(
        "rollback", toy
    )
    assert toy.champion == "1"
    assert "no previous champion" in refusal("rollback", toy)


def test_publish_restores_a_lost_registry(toy):
    toy.make(GOOD)
    toy.delete_all()
    assert "version 1 promoted by the rule: there was no champion" in call("publish", toy)
    assert "version 1 kept by the rule: it is the champion" in call("publish", toy)
    assert toy.champion == "1"


def test_publish_without_artefacts_names_the_missing_file(toy):
    assert "evaluation.json does not exist" in refusal("publish", toy)


def test_with_nothing_registered_each_command_reports_it(toy):
    assert "no version of" in refusal("compare", toy)
    assert "has no version 1. Existing versions: none" in refusal("promote", toy, "1", "--yes")
    assert "has no champion" in refusal("rollback", toy)


def test_history_shows_decisions_of_earlier_releases_under_the_old_key(toy):
    rule = {"alpha": 0.05, "guard": 0.05, "unscorable": "keep", "resamples": 100, "seed": 0}
    decision = {"stage": "outcome", "task": toy.task.name, "model": toy.model, "action": "promoted"}
    decision |= {"version": "7", "by": "rule", "from": None, "to": "7", "reason": "it is better"}
    Journal.open(toy.project).append({**decision, "numbers": {"rule": rule}})
    assert "it is better" in " ".join(call("history", toy).split())
