"""`seqops new-task` writes a task that meets the requirements, and changes nothing if it cannot."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqops.cli import app
from seqops.cli.new_task import TEMPLATE
from seqops.params import Params

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A project with an empty folder of tasks."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "src" / "seqops" / "tasks").mkdir(parents=True)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    return tmp_path


def new_task(name):
    return CliRunner().invoke(app, ["new-task", name])


def test_it_writes_the_folder_the_tests_and_the_section(checkout):
    done = new_task("invented_task")
    assert done.exit_code == 0, done.output
    folder = checkout / "src" / "seqops" / "tasks" / "invented_task"
    written = {path.relative_to(folder) for path in folder.rglob("*.py")}
    assert written == {path.relative_to(TEMPLATE) for path in TEMPLATE.rglob("*.py")}
    files = [*folder.rglob("*.py"), checkout / "tests/invented_task/test_invented_task.py"]
    assert not any("skeleton" in path.read_text("utf-8").lower() for path in files)
    dataset = (folder / "data/dataset.py").read_text("utf-8")
    assert 'registered_name: ClassVar[str] = "invented_task-model"' in dataset


def test_the_section_is_added_to_the_tasks_and_every_other_line_stays(checkout):
    before = (checkout / "params.yaml").read_text("utf-8")
    new_task("invented_task")
    after = (checkout / "params.yaml").read_text("utf-8")
    assert after.startswith(before.rstrip("\n"))
    assert Params.load(checkout / "params.yaml").names == [
        *Params.load(ROOT / "params.yaml").names,
        "invented_task",
    ]


def test_a_section_after_the_tasks_stays_after_them(checkout):
    params = checkout / "params.yaml"
    params.write_text("tasks:\n  a: {}\n\nevaluation:\n  seed: 0\n")
    assert new_task("invented_task").exit_code == 0
    content = Params.load(params).content
    assert list(content) == ["tasks", "evaluation"] and list(content["tasks"]) == ["a", "invented_task"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Chess", "cannot name a task"),
        ("../chess", "cannot name a task"),
        ("class", "cannot name a task"),
        ("ner", "the task already exists"),
    ],
)
def test_an_invalid_name_is_refused_and_nothing_is_written(checkout, name, message):
    before = sorted(checkout.rglob("*"))
    done = new_task(name)
    assert done.exit_code == 1 and message in done.output
    assert sorted(checkout.rglob("*")) == before


def test_an_existing_folder_is_not_changed(checkout):
    assert new_task("invented_task").exit_code == 0
    params = (checkout / "params.yaml").read_bytes()
    again = new_task("invented_task")
    assert again.exit_code == 1 and "already exists" in again.output
    assert (checkout / "params.yaml").read_bytes() == params


@pytest.mark.slow
def test_the_task_meets_the_requirements_and_runs_through_all_stages(tmp_path):
    """In a copy of the package: the command, the tests that it wrote, and the five stages."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines")
    for name in ("params.yaml", "dvc.yaml", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "catalog.yaml", tmp_path / "data" / "catalog.yaml")
    environment = {k: v for k, v in os.environ.items() if k not in ("MLFLOW_TRACKING_URI", "SEQOPS_ROOT")}
    environment["PYTHONPATH"] = str(tmp_path / "src")

    def run(*words):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("-m", "seqops", "new-task", "invented_task")
    assert " passed" in run("-m", "pytest", "-q", "-o", "addopts=", "tests/invented_task")
    for stage in ("download", "validate", "preprocess", "train", "repeat"):
        run(f"pipelines/{stage}.py", "invented_task")
    assert "version 1 promoted by the rule" in " ".join(run("pipelines/evaluate.py", "invented_task").split())
