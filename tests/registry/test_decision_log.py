"""Complete decisions are read; a line that lacks something is left out and named."""

import json

import pytest

from seqops.core.project import Project
from seqops.registry.decision_log import DecisionLog

ENTRY = {
    "time": "2026-03-02T03:00:00+00:00",
    "task": "toy",
    "model": "m",
    "stage": "outcome",
    "action": "promoted",
    "version": "2",
    "run_id": "r",
    "by": "rule",
    "from": "1",
    "to": "2",
    "reason": "better",
    "numbers": {
        "difference": 0.1,
        "ours": 1,
        "champion": None,
        "champion_version": "1",
        "comparison_number": 1,
        "level": 0.03,
        "test_rows": {"rows": 2, "hashes": ["0a", "0b"]},
        "another": ["kept", 1],
    },
}


def log_of(tmp_path, *lines):
    (tmp_path / ".state").mkdir()
    content = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (tmp_path / ".state" / "registry.jsonl").write_text("\n".join([*content, ""]))
    return DecisionLog.read(Project(tmp_path))


def test_complete_decisions_are_read_as_they_are(tmp_path):
    first = {**ENTRY, "from": None, "stage": "intent", "numbers": {}, "more": 1}
    log = log_of(tmp_path, first, "", {**ENTRY, "model": "other"})
    assert log.decisions == [first, {**ENTRY, "model": "other"}]
    assert (log.of_model("m"), log.damaged, log.damage()) == ([first], [], "")


def test_decisions_keep_their_order_whatever_clocks_they_were_stamped_by(tmp_path):
    future = {**ENTRY, "time": "2099-01-01T00:00:00+00:00", "version": "1"}
    log = log_of(tmp_path, future, ENTRY)
    log.journal.append({key: value for key, value in ENTRY.items() if key != "time"} | {"version": "3"})
    read = DecisionLog.read(Project(tmp_path))
    assert [entry["version"] for entry in read.decisions] == ["1", "2", "3"]
    assert not read.damaged


def without(*path):
    entry = json.loads(json.dumps(ENTRY))
    inner = entry["numbers"] if len(path) > 1 else entry
    del inner[path[-1]]
    return entry


DAMAGED = {
    **{f"no {key}": without(key) for key in ENTRY},
    **{
        f"no numbers.{key}": without("numbers", key)
        for key in ("ours", "champion", "champion_version", "level")
    },
    "a number for a text": {**ENTRY, "reason": 7},
    "a text for a number": {**ENTRY, "numbers": {**ENTRY["numbers"], "ours": "1"}},
    "another stage": {**ENTRY, "stage": "outcoma"},
    "a list": "[1, 2]",
    "half a line": '{"time": "2026',
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_line_is_left_out_and_named(tmp_path, name):
    log = log_of(tmp_path, ENTRY, DAMAGED[name], ENTRY)
    assert (log.decisions, log.damaged) == ([ENTRY, ENTRY], [2])
    assert "registry.jsonl: 1 of its lines (2) are not complete decisions" in log.damage()


def test_no_journal_is_an_empty_one(tmp_path):
    assert DecisionLog.read(Project(tmp_path)).decisions == []
