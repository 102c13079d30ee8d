"""A preset is run by DVC in a temporary workspace, and recorded in the project's own store."""

import sys
from pathlib import Path

import pytest
from fake_store import TIES, TRANSLATION_METRICS, tagging_metrics
from typer.testing import CliRunner

from seqops.cli import app

EXPERIMENT = [sys.executable, "-m", "dvc", "exp", "run", "--temp"]
LAST = "evaluate@translation"
NER, TRANSLATION = ["-S", "tasks.ner.fit.epochs=2"], ["-S", "tasks.translation.fit.epochs=3"]


@pytest.fixture
def started(monkeypatch):
    """The calls that would have started DVC: (command, folder, environment)."""
    started = []

    def run(*call):
        started.append(call)
        return 7

    monkeypatch.setattr("seqops.cli.presets.run_command", run)
    return started


def test_an_experiment_runs_in_a_temporary_workspace_and_keeps_its_state_in_the_project(fake_store, started):
    assert CliRunner().invoke(app, ["run", "fast", "translation"]).exit_code == 7
    [(command, folder, environment)] = started
    assert command == [*EXPERIMENT, *TRANSLATION, "evaluate@translation", "--force"]
    assert folder == fake_store.root
    assert environment["SEQOPS_STATE"] == str(fake_store.root / ".state")
    assert "SEQOPS_ROOT" not in environment
    assert environment["PATH"].split(":")[0] == str(Path(sys.executable).parent)
    assert environment["SEQOPS_STAGES"].split()[3:] == ["train@translation", "repeat@translation", LAST]


def test_only_recorded_runs_may_come_from_the_dvc_cache(fake_store, started):
    fake_store.add_run("ner", "fast", tagging_metrics(0.8, TIES), 12, 2)
    fake_store.add_run("translation", "fast", None, 12, 3)
    CliRunner().invoke(app, ["run", "fast", "ner"])
    CliRunner().invoke(app, ["run", "fast"])
    # DVC takes the stages of two tasks in an order that it does not tell
    assert "SEQOPS_STAGES" in started[0][2] and "SEQOPS_STAGES" not in started[1][2]
    fake_store.add_run("translation", "fast", TRANSLATION_METRICS)
    CliRunner().invoke(app, ["run", "fast"])
    (fake_store.root / "presets" / "fast.yaml").open("a").write("evaluation: {seeds: 3}\n")
    CliRunner().invoke(app, ["run", "fast", "ner"])
    both = [*EXPERIMENT, *NER, *TRANSLATION, "evaluate@ner", "evaluate@translation"]
    assert [command for command, *_ in started] == [
        [*EXPERIMENT, *NER, "evaluate@ner"],
        [*both, "--force"],
        both,
        [*EXPERIMENT, *NER, "-S", "evaluation.seeds=3", "evaluate@ner", "--force"],
    ]
