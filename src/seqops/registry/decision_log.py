"""The decisions in the project's journal: complete lines are read, damaged ones are counted and named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from seqops.core.project import Project
from seqops.runtime.journal import Journal, JournalEntry


class _Rows(BaseModel, strict=True):
    rows: int
    keys: int = 0
    hashes: list[str]


class _Numbers(BaseModel, strict=True):
    """The numbers of a decision that are read again; any other may stand beside them."""

    ours: float | None = None
    champion: float | None = None
    champion_version: str = ""
    comparison_number: int = 0
    level: float = 0.0
    test_rows: _Rows | None = None


class _Decision(BaseModel, strict=True):
    """A line of the journal as it is written."""

    time: str
    task: str
    model: str
    stage: Literal["intent", "outcome"]
    action: str
    version: str
    run_id: str = ""
    by: str
    before: str | None = Field(alias="from")
    after: str | None = Field(alias="to")
    reason: str
    numbers: _Numbers


class _Move(BaseModel, strict=True):
    """A line of the journal about a version that was moved to another registered model."""

    stage: Literal["moved"]
    model: str
    version: str
    to_model: str
    to_version: str


@dataclass(frozen=True)
class Moved:
    """A version that was moved: its registered model and number, and what they became."""

    model: str
    version: str
    to_model: str
    to_version: str

    def to_json(self) -> JournalEntry:
        """Return the line of the journal, without time and task."""
        return {"stage": "moved", **vars(self)}


NEEDED = {
    "difference": {"ours", "champion"},
    "comparison_number": {"level"},
    "test_rows": {"champion_version", "run_id"},
}
"""By the name of a number: what is read with it."""


@dataclass(frozen=True)
class DecisionLog:
    """The decisions, oldest first, and the numbers of the lines (from 1) that are not complete decisions.

    Decisions about versions that were moved since are given as decisions about what these became.
    """

    journal: Journal
    decisions: list[JournalEntry]
    damaged: list[int]

    @classmethod
    def read(cls, project: Project) -> DecisionLog:
        """Read the journal of a project."""
        journal = Journal.open(project)
        lines = journal.lines()
        decisions, damaged, moved = [], [], {}
        # from the last line, because a move changes what is before it
        for number, entry in reversed(lines):
            if entry is not None and (move := _move(entry)):
                moved[move.model, move.version] = move
            elif entry is not None and _is_complete(entry):
                decisions.append(_translated(entry, moved))
            else:
                damaged.append(number)
        return cls(journal, decisions[::-1], damaged[::-1])

    def of_model(self, name: str) -> list[JournalEntry]:
        """List the decisions about a registered model."""
        return [entry for entry in self.decisions if entry["model"] == name]

    def damage(self) -> str:
        """Say which lines are left out and what to do; empty if none is."""
        if not self.damaged:
            return ""
        lines = ", ".join(map(str, self.damaged[:5])) + (", ..." if len(self.damaged) > 5 else "")
        return (
            f"{self.journal.path}: {len(self.damaged)} of its lines ({lines}) are not complete decisions and "
            "are left out. Restore the file from a backup, or remove these lines."
        )


def _move(entry: dict[str, Any]) -> Moved | None:
    try:
        return Moved(**_Move.model_validate(entry).model_dump(exclude={"stage"}))
    except ValidationError:
        return None


def _translated(entry: JournalEntry, moved: Mapping[tuple[str, str], Moved]) -> JournalEntry:
    """Return a decision about a version that was moved as one about what it became.

    A champion that now belongs to another registered model is given with the name of that.
    """
    former = entry["model"]
    if (move := moved.get((former, entry["version"]))) is None:
        return entry

    def now(number: str | None) -> str | None:
        found = moved.get((former, number or ""))
        if found is None:
            return number
        same = found.to_model == move.to_model
        return found.to_version if same else f"{found.to_model} v{found.to_version}"

    numbers = dict(entry["numbers"])
    if "champion_version" in numbers:
        numbers["champion_version"] = now(numbers["champion_version"])
    ends = {"from": now(entry["from"]), "to": now(entry["to"])}
    return {**entry, "model": move.to_model, "version": move.to_version, **ends, "numbers": numbers}


def _is_complete(entry: dict[str, Any]) -> bool:
    try:
        _Decision.model_validate(entry)
    except ValidationError:
        return False
    present = {*entry["numbers"], *entry}
    return all(needed <= present for name, needed in NEEDED.items() if name in present)
