"""`seqops doctor` names all that the stages would refuse of the data of a task, and fetches nothing."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqops.cli import app, checks, data_checks
from seqops.cli.findings import run
from seqops.core.project import Project
from seqops.experiments import own_data

ROOT = Path(__file__).parents[2]
MONTHS = [f"{2001 + n // 12}-{n % 12 + 1:02d},{100 + n}" for n in range(144)]


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "catalog.yaml", tmp_path / "data" / "catalog.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    return Project(tmp_path)


def forecast_of(project, source, rows=None):
    """Let the forecasts read a source, with its rows in a file of that name; return what is found."""
    text = project.params.read_text().replace("    source: sample", f"    source: {source}", 1)
    project.params.write_text(text)
    if rows is not None:
        (project.root / source).write_text("\n".join(["date,sales", *rows]) + "\n")
    [finding] = [f for f in run("data", data_checks.data, project) if f.name == "data forecast"]
    return finding


def test_own_rows_that_the_stages_read_are_accepted(project):
    finding = forecast_of(project, "sales.csv", MONTHS)
    assert finding.ok and finding.message == "sales.csv: read and accepted"


def test_a_fetch_that_is_going_on_keeps_its_files(project):
    partial = project.state / "downloads" / "forecast" / "staged" / "sales.csv"
    partial.parent.mkdir(parents=True)
    partial.touch()
    assert forecast_of(project, "sales.csv", MONTHS).ok
    assert partial.exists()


def test_all_expectations_that_are_not_met_are_named_at_once(project):
    rows = [*MONTHS[:50], MONTHS[51], "2005-03,-5", *MONTHS[52:], "2013-02,9"]
    finding = forecast_of(project, "sales.csv", rows)
    first, *refused = finding.message.split("\n  ")
    assert not finding.ok and first == "sales.csv would be refused:"
    names = ("in ascending order", "no period is missing", "values are above 0", "values are at least")
    assert len(refused) == 4
    assert all(name in line for name, line in zip(names, refused, strict=True))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*MONTHS[:9], "2001-10,many"], "sales.csv:11: 'many' in column 'sales' is not a number"),
        (MONTHS[:30], "30 rows are fewer than"),
        ([*MONTHS, "2013-01"], "1 cells where the header has 2"),
    ],
)
def test_a_format_and_a_length_that_would_be_refused_are_named(project, rows, words):
    finding = forecast_of(project, "sales.csv", rows)
    assert not finding.ok and words in finding.message


def test_what_only_the_encoding_refuses_is_named(project, monkeypatch):
    from seqops.core.errors import DataError
    from seqops.tasks.forecast.data.dataset import Dataset

    def refuse(self, table, split):
        raise DataError("the training rows do not cover a season.")

    monkeypatch.setattr(Dataset, "fit_encoding", refuse)
    assert "do not cover a season" in forecast_of(project, "sales.csv", MONTHS).message


def test_a_missing_file_is_named_before_the_download(project):
    finding = forecast_of(project, "sales.csv")
    assert not finding.ok and "sales.csv is not a file" in finding.message


@pytest.mark.parametrize("source", ["sample", "m3-monthly", "https://example.org/sales.csv"])
def test_nothing_is_downloaded(project, source):
    finding = forecast_of(project, source)
    assert finding.ok and finding.message == "not downloaded yet: run `dvc repro download@forecast`"
    assert not project.task_paths("forecast").raw.exists()


def test_a_large_file_is_left_to_the_stage(project, monkeypatch):
    monkeypatch.setattr(own_data, "LARGE", 9)
    finding = forecast_of(project, "sales.csv", ["no rows at all"])
    assert finding.ok and "only `dvc repro validate@forecast` reads it" in finding.message


@pytest.mark.parametrize(("rows", "code"), [(MONTHS, 0), (MONTHS[:30], 1)])
def test_the_exit_status_says_whether_data_would_be_refused(project, monkeypatch, rows, code):
    forecast_of(project, "sales.csv", rows)
    monkeypatch.setattr(checks, "CHECKS", {"data": data_checks.data})
    assert CliRunner().invoke(app, ["doctor"]).exit_code == code
