"""A journal that is only appended to, and survives a kill in the middle of a line."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from seqops.runtime.journal import Journal


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "state" / "registry.jsonl")


def values_of(journal):
    return [entry["value"] for entry in journal.entries()]


def test_a_missing_journal_is_empty(journal):
    assert journal.entries() == []


def test_lines_are_read_back_in_order_with_the_time_in_utc(journal):
    journal.append({"value": "한국어\n둘째 줄"})
    journal.append({"value": "two"})
    assert values_of(journal) == ["한국어\n둘째 줄", "two"]
    assert len(journal.path.read_bytes().splitlines()) == 2
    time = datetime.fromisoformat(journal.entries()[0]["time"])
    assert time.utcoffset() == timedelta(0)
    assert datetime.now(UTC) - time < timedelta(minutes=5)


@pytest.mark.parametrize("truncated", [1, 9, 20])
def test_a_line_truncated_by_a_kill_is_ignored_and_the_next_one_is_separate(journal, truncated):
    journal.append({"value": "whole"})
    line = json.dumps({"value": "half"}).encode()
    with journal.path.open("ab") as file:
        file.write(line[: min(truncated, len(line) - 1)])
    assert values_of(journal) == ["whole"]
    journal.append({"value": "after"})
    assert values_of(journal) == ["whole", "after"]
    assert journal.path.read_bytes().endswith(b"\n")


def test_a_line_truncated_inside_a_character_is_ignored(journal):
    journal.append({"value": "whole"})
    with journal.path.open("ab") as file:
        file.write('{"value": "한'.encode()[:-1])
    assert values_of(journal) == ["whole"]


def test_a_line_without_its_newline_counts_once(journal):
    journal.append({"value": "one"})
    journal.path.write_bytes(journal.path.read_bytes().rstrip(b"\n"))
    journal.append({"value": "two"})
    assert values_of(journal) == ["one", "two"]


def test_two_processes_write_whole_lines(journal):
    program = (
        "import sys; from pathlib import Path; from seqops.runtime.journal import Journal\n"
        "for i in range(50): Journal(Path(sys.argv[1])).append({'value': sys.argv[2], 'fill': 'x' * 3000})"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(journal.path), name]) for name in ("a", "b")
    ]
    assert [process.wait() for process in running] == [0, 0]
    assert sorted(values_of(journal)) == ["a"] * 50 + ["b"] * 50
    assert len(journal.path.read_bytes().splitlines()) == 100


def test_a_line_nested_too_deeply_is_ignored(journal):
    journal.append({"value": "whole"})
    with journal.path.open("ab") as file:
        file.write(b"[" * 100_000 + b"\n")
    journal.append({"value": "after"})
    assert values_of(journal) == ["whole", "after"]
