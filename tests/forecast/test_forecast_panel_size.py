"""Memory of the reading of many series, and of the training on them."""

import sys
import tracemalloc
from pathlib import Path

import panel_size
import pytest
from series import months, task

from seqops.preprocessing.csv_table import read_csv_rows
from seqops.tasks.forecast.data.reader import parse_file

FILE = Path("series.csv")


def traced(read):
    """Return what a call leaves and its peak, in bytes."""
    tracemalloc.start()
    kept = read()
    found = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return found


@pytest.mark.scale
def test_a_table_is_read_in_little_more_memory_than_its_cells_take():
    dates = months(120)
    rows = [f"s{n},{date},{120 * n + i}.25" for n in range(100) for i, date in enumerate(dates)]
    text, form = "\n".join(["shop,month,sold", *rows]), task(series="shop", date="month", scaling="window")
    form = form.series_format("month", "")
    cells, _ = traced(lambda: read_csv_rows(FILE, text, ""))
    parse_file(FILE, text, form)  # dates are kept once they are parsed
    table, peak = traced(lambda: parse_file(FILE, text, form))
    # five columns of 8 bytes a row, and a name for each series
    assert table < 60 * len(rows)
    assert peak < 1.7 * cells


@pytest.mark.scale
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says the own memory of a process")
def test_twice_as_many_series_need_hardly_more_memory_of_their_own(tmp_path):
    sizes = []
    for series in (3000, 6000):
        root = panel_size.project(tmp_path / str(series), series)
        found = {stage: panel_size.measured(root, stage) for stage in panel_size.STAGES}
        sizes.append(found["train"][2])
    assert sizes[1] < 1.1 * sizes[0], sizes
