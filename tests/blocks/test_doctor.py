"""Every finding of the doctor, well and unwell, in a project of its own."""

import re
import shutil
import socket
import sys
import time
import tomllib
from pathlib import Path

import pytest

from seqops.cli import checks as doctor
from seqops.cli.checks import Finding, examine
from seqops.core.project import Project
from seqops.sources.fetch import MIRROR

HERE = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRROR, raising=False)
    for name in ("params.yaml", "dvc.yaml", "requirements.lock"):
        shutil.copy(HERE / name, tmp_path / name)
    for folder in ("data", ".git", ".dvc"):
        (tmp_path / folder).mkdir()
    shutil.copy(HERE / "data" / "catalog.yaml", tmp_path / "data" / "catalog.yaml")
    return Project(tmp_path)


def only(check, store):
    [finding] = doctor._run("check", check, store)
    return finding


def named(check, store, name):
    [finding] = [f for f in doctor._run("check", check, store) if f.name == name]
    return finding


@pytest.mark.parametrize("other", [(3, 10, 4), (3, 14, 0)])
def test_python_of_this_run_is_supported_and_an_older_or_newer_one_is_not(store, monkeypatch, other):
    assert only(doctor.python, store).ok
    monkeypatch.setattr(sys, "version_info", other)
    told = f"{'.'.join(map(str, other))} is not supported: use 3.11 to 3.13."
    assert only(doctor.python, store) == Finding("python", False, told)


def test_the_package_and_the_doctor_name_the_same_versions_of_python():
    project = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]
    named = [c.rpartition(" ")[2] for c in project["classifiers"] if "Python" in c]
    assert named == [f"3.{minor}" for minor in range(doctor.OLDEST[1], doctor.NEWEST[1] + 1)]
    assert project["requires-python"] == f">=3.{doctor.OLDEST[1]},<3.{doctor.NEWEST[1] + 1}"


def test_packages_are_compared_with_the_lock(store):
    assert only(doctor.packages, store).ok
    store.lock.write_text(
        "numpy==0.0.1 \\\n    --hash=sha256:00\n"
        "absent-package==2.0\n"
        "elsewhere==1.0 ; sys_platform == 'plan9' \\\n"
    )
    finding = only(doctor.packages, store)
    assert not finding.ok
    assert "(locked 0.0.1)" in finding.message
    assert "absent-package missing (locked 2.0)" in finding.message
    assert "elsewhere" not in finding.message
    assert "make setup" in finding.message


def test_a_missing_lock_is_told(store):
    store.lock.unlink()
    assert only(doctor.packages, store).message == (
        "requirements.lock does not exist. Restore it: `git checkout requirements.lock`."
    )


def test_programs_are_looked_for(store, monkeypatch):
    assert named(doctor.programs, store, "git").ok
    (store.root / ".dvc").rmdir()
    assert "Run `dvc init`" in named(doctor.programs, store, "dvc").message
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(store.root / "bin" / "python"))
    assert "not found. Install it" in named(doctor.programs, store, "git").message


def test_folders_are_written_to_and_space_is_measured(store, monkeypatch):
    assert named(doctor.folders, store, "folder data").ok
    assert named(doctor.folders, store, "folder .state").ok
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 2**60)
    finding = named(doctor.folders, store, "folder data")
    assert not finding.ok
    assert "free at least" in finding.message


def test_a_folder_that_cannot_be_made_is_told(store):
    store.state.write_bytes(b"a file stands here")
    finding = [f for f in doctor._run("folders", doctor.folders, store) if not f.ok]
    assert len(finding) == 1
    assert ".state" in finding[0].message


def test_a_wrong_key_of_params_is_a_finding_of_its_task(store):
    text = store.params.read_text()
    store.params.write_text(text.replace("  forecast:\n", "  forecast:\n    sorce: x\n", 1))
    finding = named(doctor.params, store, "params forecast")
    assert not finding.ok
    assert "tasks.forecast.sorce: unknown key; did you mean 'source'?" in finding.message


def test_a_wrong_search_is_a_finding_of_its_task(store):
    text = store.params.read_text()
    store.params.write_text(text.replace("model.units: {kind: int,", "model.units: {kind: imt,", 1))
    finding = named(doctor.params, store, "params forecast")
    assert not finding.ok
    said = "tasks.forecast.search.model.units.kind: unknown kind 'imt'; did you mean 'int'?"
    assert said in finding.message
    assert named(doctor.params, store, "params ner").ok


def test_a_wrong_section_of_all_tasks_is_a_finding(store):
    assert named(doctor.params, store, "params").ok
    store.params.write_text(store.params.read_text().replace("pruner: hyperband", "pruner: hyper", 1))
    finding = named(doctor.params, store, "params")
    assert not finding.ok
    assert "tuning.pruner: Input should be 'hyperband', 'median' or 'none', got 'hyper'; " in finding.message
    assert finding.message.endswith("did you mean 'hyperband'?")


def test_a_wrong_trigger_of_retraining_is_a_finding_with_its_line(store):
    text = store.params.read_text()
    store.params.write_text(re.sub(r"(?m)^  triggers: .*$", "  triggers: [drift, age=7y]", text))
    finding = named(doctor.params, store, "params")
    assert not finding.ok
    line = text[: text.index("  triggers: ")].count("\n") + 1
    assert finding.message == (
        f"params.yaml:{line}: retraining.triggers.1: unknown trigger 'age=7y': "
        "use always, new-data, drift, or an age such as age=7d."
    )


def test_the_projects_own_tracking_store_answers(store, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    finding = only(doctor.tracking, store)
    assert finding.ok, finding.message
    assert "experiments" in finding.message


def test_a_tracking_server_that_never_answers_is_told_within_seconds(store, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        finding = only(doctor.tracking, store)
    assert not finding.ok
    assert time.monotonic() - started < 20
    assert "unset MLFLOW_TRACKING_URI" in finding.message


def test_the_mirror(store, monkeypatch):
    assert only(doctor.mirror, store).ok
    monkeypatch.setenv(MIRROR, str(store.root))
    assert only(doctor.mirror, store).ok
    monkeypatch.setenv(MIRROR, str(store.root / "gone"))
    assert "is not a folder. Correct SEQOPS_MIRROR, or unset it." in only(doctor.mirror, store).message
    monkeypatch.setenv(MIRROR, "http://ann:hush@127.0.0.1:9")
    finding = only(doctor.mirror, store)
    assert not finding.ok
    assert "http://***@127.0.0.1:9 does not answer" in finding.message


def test_the_catalogue(store):
    assert only(doctor.datasets, store) == Finding("catalogue", True, "12 datasets")
    store.catalog.write_text("x: {task: forecast}\n")
    assert "catalog.yaml: x." in only(doctor.datasets, store).message


def test_raw_files_are_compared_with_what_the_source_pins(store):
    assert "not downloaded yet" in named(doctor.data, store, "data forecast").message
    raw = store.task_paths("forecast").raw
    raw.mkdir(parents=True)
    from seqops.params import Params

    for name, content in Params.load(store.params).task("forecast").data.sample().items():
        (raw / name).write_bytes(content)
    assert named(doctor.data, store, "data forecast").ok
    (raw / name).write_bytes(content[:-1])
    finding = named(doctor.data, store, "data forecast")
    assert not finding.ok
    assert finding.message == (
        f"{name}: not the pinned content of sample. Download it again: `dvc repro --force download@forecast`."
    )


def test_one_failing_check_does_not_keep_the_others_from_being_made(store, monkeypatch):
    def failing(store):
        raise OSError("no such luck")
        yield

    checks = {"first": failing, "python": doctor.python}
    monkeypatch.setattr(doctor, "CHECKS", checks)
    assert [(f.name, f.ok) for f in examine(store)] == [("first", False), ("python", True)]
