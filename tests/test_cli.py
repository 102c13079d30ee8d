"""The command as a person meets it: help, wrong names, no input, nothing registered yet."""

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from seqops.cli import app
from seqops.cli.predict import _inputs
from seqops.params import Params

HERE = Path(__file__).parents[1]
COMMANDS = [
    "predict",
    "generate",
    "results",
    "tune",
    "schedule",
    "compare",
    "history",
    "promote",
    "rollback",
    "publish",
    "drift",
    "doctor",
    "preset",
    "run",
    "ui",
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout in which nothing has run."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(HERE / name, tmp_path / name)
    shutil.copytree(HERE / "presets", tmp_path / "presets")
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(app, arguments)


def test_help_names_every_command():
    said = call("--help").output
    assert all(name in said for name in COMMANDS)


def test_a_preset_is_options_that_name_keys_of_params(project):
    said = call("preset", "real").output
    options = said.split("-S ")[1:]
    params = Params.load(project / "params.yaml")
    known = {f"tasks.{name}.{key}" for name in params.names for key in params.task(name).values()}
    assert options
    for option in options:
        key, _, value = option.strip().partition("=")
        assert key in known
        assert value


def test_a_preset_of_one_task_leaves_the_others_alone(project):
    said = call("preset", "real", "ner").output
    assert "tasks.ner.source" in said
    assert "tasks.forecast" not in said


def refusal(*arguments):
    """Run a command that must fail; return what it says on stderr."""
    done = call(*arguments)
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    return done.stderr


def test_an_unknown_preset_and_an_unknown_task_are_told_with_the_nearest_name(project):
    assert "did you mean 'real'?\n" in refusal("preset", "reel")
    assert "did you mean 'ner'?\n" in refusal("predict", "nerr", "x")


def test_predict_without_input_or_without_a_model_says_what_to_do(project):
    assert "--file" in refusal("predict", "ner")
    assert "dvc repro evaluate@ner" in refusal("predict", "ner", "x")


def test_tune_refuses_a_wrong_search_before_anything_runs(project):
    path = project / "params.yaml"
    path.write_text(
        path.read_text("utf-8").replace("model.word_dropout: {", "model.word_dropuot: {"), "utf-8"
    )
    said = refusal("tune", "ner")
    assert "tasks.ner.search.model.word_dropuot" in said
    assert "did you mean 'model.word_dropout'" in said
    assert not (project / ".state").exists()


def test_results_before_any_run_name_the_missing_file(project):
    said = refusal("results", "ner")
    assert "metrics.json" in said
    assert "dvc repro" in said


@pytest.mark.parametrize(
    ("command", "now", "former"),
    [("retrain", "--when", "--if"), ("schedule", "--when", "--if"), ("results", "--output", "--document")],
)
def test_an_option_under_its_old_name_still_works_and_only_the_new_one_is_shown(command, now, former):
    options = {
        name: option
        for option in typer.main.get_command(app).commands[command].params
        for name in option.opts
    }
    assert not options[now].hidden
    assert options[former].hidden
    assert options[former].multiple == options[now].multiple


@pytest.mark.parametrize("option", ["--when", "--if"])
def test_triggers_are_taken_under_either_name(option, monkeypatch):
    given = []
    monkeypatch.setattr(
        "seqops.retraining.run_all.retrain_all",
        lambda project, names, triggers, *rest: given.append(triggers) or 0,
    )
    assert CliRunner().invoke(app, ["retrain", "ner", option, "drift", option, "age=7d"]).exit_code == 0
    assert given == [["drift", "age=7d"]]


def test_a_file_holds_one_input_per_line_whatever_separators_a_text_contains(tmp_path):
    (tmp_path / "inputs.txt").write_bytes("a\u2028b\r\n\r\nc\x0cd\n".encode())
    assert _inputs([], tmp_path / "inputs.txt") == ["a\u2028b", "", "c\x0cd"]


def test_a_file_that_does_not_exist_is_not_a_full_disk(tmp_path):
    said = refusal("predict", "ner", "--file", str(tmp_path / "nowhere.txt"))
    assert "nowhere.txt: No such file or directory. Check the path." in " ".join(said.split())
