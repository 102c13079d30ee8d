"""Every check of `seqops doctor`, passing and failing, in a separate project."""

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
from seqops.core.arrays_io import write_table
from seqops.core.files import write_bytes
from seqops.core.project import Project
from seqops.params import Params
from seqops.sources.fetch import MIRROR

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRROR, raising=False)
    for name in ("params.yaml", "dvc.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("data", ".git", ".dvc"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "data" / "catalog.yaml", tmp_path / "data" / "catalog.yaml")
    return Project(tmp_path)


def only(check, project):
    [finding] = doctor.run("check", check, project)
    return finding


def named(check, project, name):
    [finding] = [f for f in doctor.run("check", check, project) if f.name == name]
    return finding


@pytest.mark.parametrize("other", [(3, 10, 4), (3, 14, 0)])
def test_only_supported_versions_of_python_are_accepted(project, monkeypatch, other):
    assert only(doctor.python, project).ok
    monkeypatch.setattr(sys, "version_info", other)
    message = f"{'.'.join(map(str, other))} is not supported: use 3.11 to 3.13."
    assert only(doctor.python, project) == Finding("python", False, message)


def test_the_package_and_the_doctor_support_the_same_versions_of_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [c.rpartition(" ")[2] for c in project["classifiers"] if "Python :: 3." in c]
    assert named == [f"3.{minor}" for minor in range(doctor.OLDEST[1], doctor.NEWEST[1] + 1)]
    assert project["requires-python"] == f">=3.{doctor.OLDEST[1]},<3.{doctor.NEWEST[1] + 1}"


def test_packages_are_compared_with_the_lock(project):
    assert only(doctor.packages, project).ok
    project.lock.write_text(
        "numpy==0.0.1 \\\n    --hash=sha256:00\n"
        "absent-package==2.0\n"
        "elsewhere==1.0 ; sys_platform == 'plan9' \\\n"
    )
    finding = only(doctor.packages, project)
    assert not finding.ok
    assert "(locked 0.0.1)" in finding.message
    assert "absent-package missing (locked 2.0)" in finding.message
    assert "elsewhere" not in finding.message
    assert "make setup" in finding.message


def test_a_missing_lock_is_reported(project):
    project.lock.unlink()
    assert only(doctor.packages, project).message == (
        "requirements.lock does not exist. Restore it: `git checkout requirements.lock`."
    )


def test_missing_programs_are_reported(project, monkeypatch):
    assert named(doctor.programs, project, "git").ok
    (project.root / ".dvc").rmdir()
    assert "Run `dvc init`" in named(doctor.programs, project, "dvc").message
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(project.root / "bin" / "python"))
    assert "not found. Install it" in named(doctor.programs, project, "git").message


def test_a_project_without_git_is_told_both_ways_on(project):
    (project.root / ".git").rmdir()
    fix = "Run `git init` there, or to work without it: `dvc config core.no_scm true`."
    message = f"{project.root} has no .git. {fix}"
    assert named(doctor.programs, project, "git") == Finding("git", False, message)
    (project.root / ".dvc" / "config").write_text("[core]\n    analytics = false\n    no_scm = true\n")
    assert named(doctor.programs, project, "git").ok


@pytest.mark.parametrize("broken", ["no_scm = true", "[core]\nno_scm = perhaps", "[core\n"])
def test_a_broken_config_of_dvc_does_not_stop_the_check_of_git(project, broken):
    (project.root / ".git").rmdir()
    (project.root / ".dvc" / "config").write_text(broken)
    assert not named(doctor.programs, project, "git").ok


def test_folders_must_be_writable_and_have_free_space(project, monkeypatch):
    assert named(doctor.folders, project, "folder data").ok
    assert named(doctor.folders, project, "folder .state").ok
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 2**60)
    finding = named(doctor.folders, project, "folder data")
    assert not finding.ok
    assert "free at least" in finding.message


def test_data_as_a_link_to_another_disk_is_refused_with_what_works(project, tmp_path_factory):
    disk = tmp_path_factory.mktemp("disk") / "data"
    (project.root / "data").rename(disk)
    (project.root / "data").symlink_to(disk)
    (finding,) = [f for f in doctor.run("folders", doctor.folders, project) if not f.ok]
    assert f"data is a link to {disk}, and DVC keeps its outputs inside" in finding.message
    assert "cache.type symlink" in finding.message


def test_a_folder_that_cannot_be_created_is_reported(project):
    project.state.write_bytes(b"a file is here")
    finding = [f for f in doctor.run("folders", doctor.folders, project) if not f.ok]
    assert len(finding) == 1
    assert ".state" in finding[0].message


def test_an_unknown_key_of_params_is_reported_for_its_task(project):
    text = project.params.read_text()
    project.params.write_text(text.replace("  forecast:\n", "  forecast:\n    sorce: x\n", 1))
    finding = named(doctor.params, project, "params forecast")
    assert not finding.ok
    assert "tasks.forecast.sorce: unknown key; did you mean 'source'?" in finding.message


def test_a_window_too_short_for_the_season_is_reported(project):
    text = project.params.read_text()
    changed = text.replace("kind: lstm           #", "kind: es_lstm #", 1).replace(
        "season: 12 ", "season: 168 "
    )
    project.params.write_text(changed)
    finding = named(doctor.params, project, "params forecast")
    assert not finding.ok
    assert "needs a data.window of at least two seasons of 168, got 48" in finding.message


def test_a_derived_window_is_checked_with_the_validated_rows(project):
    text = project.params.read_text()
    for old, new in (
        ("kind: lstm           #", "kind: es_lstm #"),
        ("difference: 12 ", "difference: auto "),
        ("season: 12 ", "season: 48 "),
        ("window: 48 ", "window: auto "),
    ):
        text = text.replace(old, new, 1)
    project.params.write_text(text)
    assert named(doctor.params, project, "params forecast").ok
    data, paths = Params.load(project.params).task("forecast").data, project.task_paths("forecast")
    for name, content in data.sample().items():
        write_bytes(paths.raw / name, content)
    write_table(paths.table, data.read(paths.raw_files()))
    finding = named(doctor.params, project, "params forecast")
    assert not finding.ok
    assert "at least two seasons of 48, got 42" in finding.message


def test_an_invalid_search_is_reported_for_its_task(project):
    text = project.params.read_text()
    project.params.write_text(text.replace("model.units: {kind: int,", "model.units: {kind: imt,", 1))
    finding = named(doctor.params, project, "params forecast")
    assert not finding.ok
    message = "tasks.forecast.search.model.units.kind: unknown kind 'imt'; did you mean 'int'?"
    assert message in finding.message
    assert named(doctor.params, project, "params ner").ok


def test_an_invalid_shared_section_is_reported(project):
    assert named(doctor.params, project, "params").ok
    project.params.write_text(project.params.read_text().replace("pruner: hyperband", "pruner: hyper", 1))
    finding = named(doctor.params, project, "params")
    assert not finding.ok
    assert "tuning.pruner: Input should be 'hyperband', 'median' or 'none', got 'hyper'; " in finding.message
    assert finding.message.endswith("did you mean 'hyperband'?")


def test_a_wrong_trigger_of_retraining_is_a_finding_with_its_line(project):
    text = project.params.read_text()
    project.params.write_text(re.sub(r"(?m)^  triggers: .*$", "  triggers: [drift, age=7y]", text))
    finding = named(doctor.params, project, "params")
    assert not finding.ok
    line = text[: text.index("  triggers: ")].count("\n") + 1
    assert finding.message == (
        f"params.yaml:{line}: retraining.triggers.1: unknown trigger 'age=7y': "
        "use always, new-data, drift, or an age such as age=7d."
    )


def test_the_local_tracking_store_answers(project, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    finding = only(doctor.tracking, project)
    assert finding.ok, finding.message
    assert "experiments" in finding.message


def test_a_tracking_server_that_never_answers_is_reported_within_seconds(project, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        finding = only(doctor.tracking, project)
    assert not finding.ok
    assert time.monotonic() - started < 20
    assert "unset MLFLOW_TRACKING_URI" in finding.message


def test_the_mirror(project, monkeypatch):
    assert only(doctor.mirror, project).ok
    monkeypatch.setenv(MIRROR, str(project.root))
    assert only(doctor.mirror, project).ok
    monkeypatch.setenv(MIRROR, str(project.root / "gone"))
    assert "is not a folder. Correct SEQOPS_MIRROR, or unset it." in only(doctor.mirror, project).message
    monkeypatch.setenv(MIRROR, "http://ann:hush@127.0.0.1:9")
    finding = only(doctor.mirror, project)
    assert not finding.ok
    assert "http://***@127.0.0.1:9 does not answer" in finding.message


def test_the_catalogue(project):
    assert only(doctor.datasets, project) == Finding("catalogue", True, "21 datasets")
    project.catalog.write_text("x: {task: forecast}\n")
    assert "catalog.yaml: x." in only(doctor.datasets, project).message


def test_raw_files_are_compared_with_the_pinned_content(project):
    assert "not downloaded yet" in named(doctor.data, project, "data forecast").message
    raw = project.task_paths("forecast").raw
    raw.mkdir(parents=True)
    from seqops.params import Params

    for name, content in Params.load(project.params).task("forecast").data.sample().items():
        (raw / name).write_bytes(content)
    assert named(doctor.data, project, "data forecast").ok
    (raw / name).write_bytes(content[:-1])
    finding = named(doctor.data, project, "data forecast")
    assert not finding.ok
    assert finding.message == (
        f"{name}: not the pinned content of sample. Download it again: `dvc repro --force download@forecast`."
    )


def test_after_a_failing_check_the_others_still_run(project, monkeypatch):
    def failing(project):
        raise OSError("check failed")
        yield

    def unexpected(project):
        yield Finding("second", True, "fine so far")
        raise KeyError("stage")

    checks = {"first": failing, "second": unexpected, "python": doctor.python}
    monkeypatch.setattr(doctor, "CHECKS", checks)
    found = examine(project)
    assert [(f.name, f.ok) for f in found] == [
        ("first", False),
        ("second", True),
        ("second", False),
        ("python", True),
    ]
    assert found[2].message == "the check failed: KeyError: 'stage'"


def test_a_damaged_database_does_not_stop_the_checks(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    write_bytes(project.state / "mlflow" / "mlflow.db", b"SQLite format 3\0 and no more")
    found = [
        f
        for name in ("tracking store", "champions", "data")
        for f in doctor.run(name, doctor.CHECKS[name], project)
    ]
    names = Params.load(project.params).names
    assert [f.name for f in found if not f.ok] == ["tracking store", *(f"champion {name}" for name in names)]
    assert all("Restore it from a backup" in f.message for f in found if not f.ok)


def test_damaged_lines_of_the_journal_are_reported(project):
    assert only(doctor.journal, project) == Finding("decisions", True, "0 lines in registry.jsonl")
    write_bytes(project.state / "registry.jsonl", b'{"task": "ner"}\n')
    finding = only(doctor.journal, project)
    assert not finding.ok and "1 of its lines (1)" in finding.message


def test_a_champion_is_loaded(project, monkeypatch):
    from contextlib import nullcontext

    from seqops.registry import verify, version_process, versions
    from seqops.tracking import connection

    monkeypatch.setattr(connection, "connect", lambda project: None)
    monkeypatch.setattr(versions, "get_alias", lambda client, name, alias: "3" if "ner" in name else None)
    monkeypatch.setattr(versions, "version", lambda client, name, number: number)
    monkeypatch.setattr(version_process, "running", lambda client, version: nullcontext())
    assert (
        named(doctor.champions, project, "champion forecast").message
        == "lstm-forecaster-sample has no champion"
    )
    assert named(doctor.champions, project, "champion ner").message == "version 3 of ner-tagger-sample loads"

    def lost(client, version):
        raise verify.BundleError("the bundle is missing")

    monkeypatch.setattr(version_process, "running", lost)
    assert named(doctor.champions, project, "champion ner") == Finding(
        "champion ner", False, "the bundle is missing"
    )
