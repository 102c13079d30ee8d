"""Errors that are for people: what, where and what to do."""

from __future__ import annotations

from pathlib import Path


class SeqopsError(Exception):
    """A failure that a person can mend: what, where (file, line, key) and what to do."""


class DataError(SeqopsError):
    """The user's data is wrong."""

    @classmethod
    def at(cls, path: Path, line: int | None, what: str, fix: str) -> DataError:
        """Name the file, the 1-based line (None for the whole file), what is wrong and what to do."""
        where = path.name if line is None else f"{path.name}:{line}"
        return cls(f"{where}: {what}. {fix}")


class ConfigError(SeqopsError):
    """params.yaml is wrong."""
