"""`seqops run` without a preset: the tasks of params.yaml, one after the other or at once."""

import sys

import pytest
from typer.testing import CliRunner

from seqops.cli import app

DVC = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro"]


def invoke(*words):
    return CliRunner().invoke(app, ["run", *words])


@pytest.fixture
def started(fake_store, monkeypatch):
    """The calls that would have started DVC: (target, number of stages); `ner` fails."""
    started = []

    def run(command, folder, environment):
        assert command[:-1] == DVC and folder == fake_store.root
        started.append((command[-1], len(environment["SEQOPS_STAGES"].split())))
        return int(command[-1] == "evaluate@ner")

    monkeypatch.setattr("seqops.cli.reproduce.run_command", run)
    return started


def test_all_tasks_run_also_after_one_has_failed(started):
    done = invoke()
    tasks = ["forecast", "ner", "translation", "textgen", "sentiment", "labelling", "images"]
    assert sorted(started) == sorted((f"evaluate@{task}", 42) for task in tasks)
    assert done.exit_code == 1 and "stages of ner failed; see above." in done.stderr


def test_tasks_that_are_named_run_in_this_order(started):
    assert invoke("textgen", "forecast", "textgen").exit_code == 0
    assert started == [("evaluate@textgen", 12), ("evaluate@forecast", 12)]


def test_several_tasks_at_once_are_given_to_as_many_processes(started, monkeypatch):
    calls = []

    def run(commands, folder, environment, jobs):
        calls.append((commands, jobs))
        return dict.fromkeys(commands, 0)

    monkeypatch.setattr("seqops.cli.reproduce.run_side_by_side", run)
    assert invoke("ner", "textgen", "--jobs", "2").exit_code == 0
    assert calls == [({"ner": [*DVC, "evaluate@ner"], "textgen": [*DVC, "evaluate@textgen"]}, 2)]
    assert started == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fasd"], "unknown preset or task 'fasd'; did you mean 'fast'?"),
        (["ner", "textgem"], "unknown task 'textgem'; did you mean 'textgen'?"),
        (["fast", "--jobs", "2"], "--jobs: the tasks of preset fast are one experiment"),
    ],
)
def test_what_cannot_be_run_is_refused(started, words, message):
    done = invoke(*words)
    assert done.exit_code == 1 and message in done.stderr and started == []
