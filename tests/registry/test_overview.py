"""The page of registered models: versions with scores, and who was champion when."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqops.cli import app
from seqops.params import Params
from seqops.registry.overview import Reign, reigns_of
from toy_registry import BAD, BETTER, GOOD

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def changed(hours, before, after, stage="outcome"):
    return {
        "time": (START + timedelta(hours=hours)).isoformat(),
        "stage": stage,
        "from": before,
        "to": after,
    }


def test_a_reign_lasts_until_the_next_change():
    made = [changed(0, None, "1"), changed(1, "1", "1"), changed(3, "1", "2", "intent"), changed(3, "1", "2")]
    now = START + timedelta(hours=4)
    assert reigns_of([*made, changed(3.5, "2", "1")], now) == [
        Reign("1", START, START + timedelta(hours=3), 0, 75),
        Reign("2", START + timedelta(hours=3), START + timedelta(hours=3.5), 75, 12.5),
        Reign("1", START + timedelta(hours=3.5), None, 87.5, 12.5),
    ]
    assert reigns_of([], now) == []


def test_a_journal_of_the_future_has_reigns_within_the_page():
    now = START - timedelta(hours=1)
    found = reigns_of([changed(0, None, "1"), changed(2, "1", "2")], now)
    assert [(reign.left, reign.width) for reign in found] == [(0, 100), (100, 0)]


def test_a_reign_is_told_by_its_ends():
    assert Reign("1", START, None).summary() == "since 2026-03-02 12:00"
    assert Reign("1", START, START + timedelta(hours=1)).summary() == "2026-03-02 12:00 to 2026-03-02 13:00"


@pytest.fixture
def page(toy, monkeypatch):
    """Write the page by the command; return its text."""
    monkeypatch.setattr(Params, "task", lambda self, name: toy.task)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, toy.project.root / name)
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    monkeypatch.chdir(toy.folder.path)

    def written(*arguments):
        done = CliRunner().invoke(app, ["report", toy.task.name, *arguments])
        if done.exit_code:
            return done.stderr
        return Path(done.stdout.partition(": ")[0]).read_text("utf-8")

    return written


def cells(text, version):
    row = re.search(rf'<tr[^>]*>\n<td data-label="version"><div>v{version} .*?</tr>.*?</tr>', text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", row.group()).split())


def test_the_page_has_versions_scores_baselines_data_reigns_and_cards(toy, page, tmp_path):
    toy.make(GOOD)
    toy.make(BETTER)
    toy.make(BAD)
    toy.make(GOOD, data=1, contents=tuple(f"other {row}" for row in range(60)))
    text = page("--output", str(tmp_path / "pages" / "models.html"))
    assert text.count("Versions scored on the test rows 60") == 2
    first, second, third = (cells(text, n) for n in (1, 2, 3))
    assert "0.8 [0." in first and "always even 0.5 beats" in first and "sample test 60, train 60" in first
    assert "v2 champion" in second and "1 [1, 1]" in second and " since 20" in second
    assert "never" in third and "always even 0.5 loses" in third and "kept: " in third
    alt = re.search(r'aria-label="Champion over time: ([^"]+)"', text).group(1)
    assert re.fullmatch(r"version 1 \S+ \S+ to \S+ \S+; version 2 since \S+ \S+", " ".join(alt.split()))
    assert 'aria-label="version 2: 1 [1, 1]"' in text
    assert "Intended use." in text and not re.search(r'(src|href)="https?:', text)
    link = re.search(r'href="([^"#]+/report\.html)"', text).group(1)
    assert (tmp_path / "pages" / link).resolve().is_file()


def test_lost_scores_are_said_and_nothing_to_show_is_refused(toy, page):
    assert "no model is registered yet. Run `dvc repro`." in page()
    toy.make(GOOD)
    run = toy.client.get_run(toy.client.get_model_version(toy.model, "1").run_id)
    toy.artifact(run, "evaluation.json").unlink()
    assert "scores missing" in cells(page(), 1)
