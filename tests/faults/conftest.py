"""The share of the fault tests that runs, and the table of their figures at the end.

SEQOPS_FAULTS_SHARE: the share of the kills and of the malformed inputs (1: all).
"""

import os
from collections import defaultdict
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

FIGURES = "faults"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def scaled():
    """Scale a number by the share of this session: at least 2."""
    share = float(os.environ.get("SEQOPS_FAULTS_SHARE", "1"))
    return lambda number: max(2, round(number * share))


@pytest.fixture
def figures(record_property):
    """Report figures of a test, `figures(kind, name, kills=3)`: in the summary table and in a JUnit file."""
    return lambda kind, name, **numbers: record_property(FIGURES, {"kind": kind, "": name, **numbers})


def pytest_terminal_summary(terminalreporter, config):
    found = defaultdict(list)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for key, row in getattr(report, "user_properties", []):
                if key == FIGURES and report.when == "call":
                    found[row["kind"]].append({k: v for k, v in row.items() if k != "kind"})
    if found and hasattr(config, "cache"):
        config.cache.set("faults/figures", found)
    for kind, rows in found.items():
        terminalreporter.write_sep("-", kind)
        Console(file=terminalreporter._tw._file, width=110).print(_table(rows))


def _table(rows):
    numbers = [key for key in rows[0] if key]
    total = {
        "": "all",
        **{k: sum(r[k] for r in rows) if isinstance(rows[0][k], int) else "" for k in numbers},
    }
    table = Table(*rows[0])
    for row in [*sorted(rows, key=lambda row: row[""]), total]:
        table.add_row(*(f"{v:,}" if isinstance(v, int) else str(v) for v in row.values()))
    return table
