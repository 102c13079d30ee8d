"""The decisions in the project's journal: complete lines are read, damaged ones are counted and named."""

from __future__ import annotations

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


NEEDED = {
    "difference": {"ours", "champion"},
    "comparison_number": {"level"},
    "test_rows": {"champion_version", "run_id"},
}
"""By the name of a number: what is read with it."""


@dataclass(frozen=True)
class DecisionLog:
    """The decisions, oldest first, and the numbers of the lines (from 1) that are not complete decisions."""

    journal: Journal
    decisions: list[JournalEntry]
    damaged: list[int]

    @classmethod
    def read(cls, project: Project) -> DecisionLog:
        """Read the journal of a project."""
        journal = Journal.open(project)
        lines = journal.lines()
        whole = {number: entry for number, entry in lines if entry is not None and _is_complete(entry)}
        return cls(journal, [*whole.values()], [number for number, _ in lines if number not in whole])

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


def _is_complete(entry: dict[str, Any]) -> bool:
    try:
        _Decision.model_validate(entry)
    except ValidationError:
        return False
    present = {*entry["numbers"], *entry}
    return all(needed <= present for name, needed in NEEDED.items() if name in present)
