"""A preset is run by DVC apart from the workspace, and recorded in the project's own store."""

import subprocess
import sys
from pathlib import Path

import pytest
from invented import TIES, TRANSLATED, tags
from typer.testing import CliRunner

from seqops.cli import app

APART = [sys.executable, "-m", "dvc", "exp", "run", "--temp"]
NER, TRANSLATION = ["-S", "tasks.ner.fit.epochs=2"], ["-S", "tasks.translation.fit.epochs=3"]


@pytest.fixture
def asked(monkeypatch):
    """What was started in the place of DVC: (command, how)."""
    started = []

    def run(command, **how):
        started.append((command, how))
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr("seqops.cli.presets.subprocess.run", run)
    return started


def test_an_experiment_runs_apart_and_keeps_its_state_in_the_project(invented, asked):
    assert CliRunner().invoke(app, ["run", "fast", "translation"]).exit_code == 7
    [(command, how)] = asked
    assert command == [*APART, *TRANSLATION, "evaluate@translation", "--force"]
    assert how["cwd"] == invented.root
    assert how["env"]["SEQOPS_STATE"] == str(invented.root / ".state")
    assert "SEQOPS_ROOT" not in how["env"]
    assert how["env"]["PATH"].split(":")[0] == str(Path(sys.executable).parent)


def test_only_what_the_store_knows_may_come_from_the_cache_of_dvc(invented, asked):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.run("translation", "fast", None, 12, 3)
    CliRunner().invoke(app, ["run", "fast", "ner"])
    CliRunner().invoke(app, ["run", "fast"])
    invented.run("translation", "fast", TRANSLATED)
    CliRunner().invoke(app, ["run", "fast"])
    both = [*APART, *NER, *TRANSLATION, "evaluate@ner", "evaluate@translation"]
    assert [command for command, _ in asked] == [[*APART, *NER, "evaluate@ner"], [*both, "--force"], both]
