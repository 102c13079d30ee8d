"""The journal of all decisions about champions: an append-only file, one JSON object per line."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seqops.core.project import Project

JournalEntry = dict[str, Any]


@dataclass(frozen=True)
class Journal:
    """The journal file; its last line may be incomplete after a kill."""

    path: Path

    @classmethod
    def open(cls, project: Project) -> Journal:
        """Return the journal of a project."""
        return cls(project.state / "registry.jsonl")

    def append(self, entry: Mapping[str, Any]) -> None:
        """Append one line with the time (UTC) and fsync it; an incomplete last line is terminated first."""
        stamped = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **entry}
        line = json.dumps(stamped, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        created = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            # another process may be writing a line
            fcntl.flock(file, fcntl.LOCK_EX)
            size = os.fstat(file).st_size
            incomplete = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            _write(file, b"\n" + line if incomplete else line)
            os.fsync(file)
        except OSError as error:
            # the error of a failed write does not name the file
            error.filename = str(self.path)
            raise
        finally:
            os.close(file)
        if created:
            _sync_folder(self.path.parent)

    def entries(self) -> list[JournalEntry]:
        """Read all entries, oldest first; incomplete lines are skipped."""
        return [entry for _, entry in self.lines() if entry is not None]

    def lines(self) -> list[tuple[int, JournalEntry | None]]:
        """Read all lines that are not blank with their numbers, from 1; None for an incomplete one."""
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().split(b"\n")
        return [(number, _parsed(line)) for number, line in enumerate(lines, start=1) if line.strip()]


def _parsed(line: bytes) -> JournalEntry | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
