"""The page of presets names what they lose to, and the short ones of one seed, as results.json has it."""

import json
import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "presets.md").read_text("utf-8")
ROWS = [row for row in json.loads((DOCS / "results.json").read_text("utf-8"))["rows"] if row["runs"]]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def test_the_presets_that_lose_to_a_classical_baseline_are_named_with_it():
    table = PAGE.split("| baseline | presets that lose to it |\n|---|---|\n")[1].split("\n\n")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines()]
    on_the_page = {(baseline.strip("`"), preset) for baseline, cell in cells for preset in named(cell)}
    lost = {
        (run["classical"]["name"], row["preset"])
        for row in ROWS
        for run in row["runs"]
        if run["classical"]["outcome"] == "loses to"
    }
    assert len(lost) > 10
    assert on_the_page == lost


def test_the_short_presets_of_one_seed_are_named():
    (sentence,) = re.findall(r"\n?([^.\n]*) are trained once\.", PAGE)
    short = {
        row["preset"]
        for row in ROWS
        if all(run["seconds"] and run["seconds"] < 120 and not run["seeds"] for run in row["runs"])
    }
    assert named(sentence) == short
