"""Errors that the user can fix; each message says what is wrong, where, and what to do."""

from __future__ import annotations

from pathlib import Path


class SeqopsError(Exception):
    """A failure that the user can fix: what, where (file, line, key) and what to do."""


class DataError(SeqopsError):
    """The user's data is wrong."""

    @classmethod
    def at(cls, path: Path, line: int | None, what: str, fix: str) -> DataError:
        """Return the error for a file and a 1-based line (None: the whole file): the fault and its fix."""
        where = path.name if line is None else f"{path.name}:{line}"
        return cls(f"{where}: {what}. {fix}")


class ConfigError(SeqopsError):
    """params.yaml is wrong."""
