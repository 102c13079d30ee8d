"""`seqops use`: what it says, what it writes, and when it writes nothing."""

import shutil
from pathlib import Path

import pytest
from own_series import SERIES, days, figure
from typer.testing import CliRunner

from seqops.cli import app
from seqops.params import Params

ROOT = Path(__file__).parents[2]
MONTHS = SERIES["no-header"][0]["sales.csv"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    return tmp_path


def use(*arguments, keys=None):
    return CliRunner().invoke(app, ["use", *arguments], input=keys)


def test_yes_writes_the_section_and_keeps_every_comment(project):
    (project / "sales.csv").write_bytes(MONTHS)
    before = (project / "params.yaml").read_text()
    done = use("sales.csv", "--yes")
    after = (project / "params.yaml").read_text()
    assert done.exit_code == 0, done.output
    assert [line.partition("#")[2] for line in after.split("\n")] == [
        line.partition("#")[2] for line in before.split("\n")
    ]
    task = Params.load(project / "params.yaml").task("forecast")
    assert task.source == "sales.csv" and task.data.window == "auto"
    assert "no line names them" in done.output and "the dates look monthly" in done.output
    assert "+    source: sales.csv" in done.output and "dvc repro evaluate@forecast" in done.output
    assert "already reads these files" in use("sales.csv", "--yes").output


def test_a_short_series_is_said_to_be_short_and_nothing_is_said_twice(project):
    rows = [f"{day},{figure(n)}" for n, day in enumerate(days(12))]
    (project / "tiny.csv").write_text("\n".join(["date,sales", *rows]))
    said = use("tiny.csv", "--dry-run").output.split("\n")
    assert "  12 rows hold fewer than 3 seasons of 7, so no season is modelled; give at least 21." in said
    assert "  3 test rows are few: scores of them are mostly chance; give more rows." in said
    assert len([line for line in said if "the dates look daily" in line]) == 1


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_nothing_is_written_by_a_dry_run_or_without_a_terminal(project, options):
    (project / "sales.csv").write_bytes(MONTHS)
    before = (project / "params.yaml").read_bytes()
    done = use("sales.csv", *options)
    assert (project / "params.yaml").read_bytes() == before
    assert done.exit_code == (0 if options else 1)
    assert ("Dry run" if options else "Pass --yes or --dry-run") in done.output


def test_a_wrong_guess_is_corrected_by_a_setting(project):
    (project / "sales.csv").write_bytes(MONTHS)
    done = use("sales.csv", "--set", "data.season=4", "--set", "tasks.forecast.data.log=false", "--yes")
    assert done.exit_code == 0, done.output
    data = Params.load(project / "params.yaml").task("forecast").data
    assert (data.season, data.log) == (4, False)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("data.seasn=7", "unknown key; did you mean 'season'?"),
        ("data.season", "Write KEY=VALUE"),
        ("data.season=[", "not YAML"),
        ("data.season=-1", "tasks.forecast.data.season"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(project, setting, words):
    (project / "sales.csv").write_bytes(MONTHS)
    before = (project / "params.yaml").read_bytes()
    done = use("sales.csv", "--set", setting, "--yes")
    assert done.exit_code == 1 and words in done.output
    assert (project / "params.yaml").read_bytes() == before


def test_what_the_stages_would_refuse_is_not_written(project):
    rows = [f"{day},{figure(n)}" for n, day in enumerate(days())]
    rows[40], rows[60] = rows[60], rows[40]
    (project / "mixed.csv").write_text("\n".join(["date,sales", *rows]))
    before = (project / "params.yaml").read_bytes()
    done = use("mixed.csv", "--yes")
    assert done.exit_code == 1 and "ascending" in done.output
    assert (project / "params.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.csv", "no such file"),
        ("data/ner/raw.txt", "Move it to another folder"),
        ("folder", "is a folder without files"),
    ],
)
def test_a_path_that_cannot_be_a_source_is_refused(project, name, words):
    (project / "folder").mkdir()
    (project / "data" / "ner").mkdir(parents=True)
    (project / "data" / "ner" / "raw.txt").write_bytes(MONTHS)
    done = use(name, "--task", "forecast", "--yes")
    assert done.exit_code == 1 and words in done.output


def test_a_task_that_the_file_is_not_for_is_refused(project):
    (project / "sales.csv").write_bytes(MONTHS)
    assert "does not look like data of the task ner" in use("sales.csv", "--task", "ner", "--yes").output
    assert "unknown task 'forcast'; did you mean 'forecast'?" in use("sales.csv", "--task", "forcast").output
