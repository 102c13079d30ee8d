"""A record that only grows, and outlives a kill in the middle of a line."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from seqops.runtime.journal import Journal


@pytest.fixture
def ledger(tmp_path):
    return Journal(tmp_path / "state" / "registry.jsonl")


def whats(ledger):
    return [entry["what"] for entry in ledger.entries()]


def test_a_ledger_that_is_not_there_is_empty(ledger):
    assert ledger.entries() == []


def test_lines_are_read_back_in_order_and_bear_the_time_in_utc(ledger):
    ledger.append({"what": "한국어\n둘째 줄"})
    ledger.append({"what": "two"})
    assert whats(ledger) == ["한국어\n둘째 줄", "two"]
    assert len(ledger.path.read_bytes().splitlines()) == 2
    time = datetime.fromisoformat(ledger.entries()[0]["time"])
    assert time.utcoffset() == timedelta(0)
    assert datetime.now(UTC) - time < timedelta(minutes=5)


@pytest.mark.parametrize("torn", [1, 9, 20])
def test_a_line_torn_by_a_kill_is_left_out_and_the_next_one_stands_alone(ledger, torn):
    ledger.append({"what": "whole"})
    line = json.dumps({"what": "half"}).encode()
    with ledger.path.open("ab") as file:
        file.write(line[: min(torn, len(line) - 1)])
    assert whats(ledger) == ["whole"]
    ledger.append({"what": "after"})
    assert whats(ledger) == ["whole", "after"]
    assert ledger.path.read_bytes().endswith(b"\n")


def test_a_line_torn_inside_a_character_is_left_out(ledger):
    ledger.append({"what": "whole"})
    with ledger.path.open("ab") as file:
        file.write('{"what": "한'.encode()[:-1])
    assert whats(ledger) == ["whole"]


def test_a_line_that_lacks_only_its_end_counts_once(ledger):
    ledger.append({"what": "one"})
    ledger.path.write_bytes(ledger.path.read_bytes().rstrip(b"\n"))
    ledger.append({"what": "two"})
    assert whats(ledger) == ["one", "two"]


def test_two_processes_write_whole_lines(ledger):
    program = (
        "import sys; from pathlib import Path; from seqops.runtime.journal import Journal\n"
        "for i in range(50): Journal(Path(sys.argv[1])).append({'what': sys.argv[2], 'fill': 'x' * 3000})"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(ledger.path), name]) for name in ("a", "b")
    ]
    assert [process.wait() for process in running] == [0, 0]
    assert sorted(whats(ledger)) == ["a"] * 50 + ["b"] * 50
    assert len(ledger.path.read_bytes().splitlines()) == 100


def test_a_line_nested_too_deeply_is_left_out(ledger):
    ledger.append({"what": "whole"})
    with ledger.path.open("ab") as file:
        file.write(b"[" * 100_000 + b"\n")
    ledger.append({"what": "after"})
    assert whats(ledger) == ["whole", "after"]
