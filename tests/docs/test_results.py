"""The results page and the curves in the repository are generated from the record."""

import shutil
from pathlib import Path

from seqops.experiments.results_page import write

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_and_the_curves_are_generated_from_the_record(tmp_path):
    shutil.copy(DOCS / "results.json", tmp_path)
    write(tmp_path / "results.md")
    for name in ("results.md", "results-curves.csv"):
        assert (tmp_path / name).read_text("utf-8") == (DOCS / name).read_text("utf-8")
    assert {path.name for path in tmp_path.glob("*.png")} == {path.name for path in DOCS.glob("*.png")}
