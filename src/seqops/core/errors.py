"""Errors that the user can fix; each message says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class SeqopsError(Exception):
    """A failure that the user can fix: what, where (file, line, key) and what to do."""


class DataError(SeqopsError):
    """The user's data is wrong; fault: the message without its place; line: of the place, from 1."""

    fault: str = ""
    line: int | None = None

    @classmethod
    def at(cls, path: Path, line: int | None, what: str, fix: str) -> DataError:
        """Return the error for a file and a 1-based line (None: the whole file): the fault and its fix."""
        return cls.placed(path, line, f"{what}. {fix}")

    @classmethod
    def placed(cls, path: Path, line: int | None, fault: str) -> DataError:
        """Return the error for a place and a fault that is in words already."""
        where = path.name if line is None else f"{path.name}:{line}"
        error = cls(f"{where}: {fault}")
        error.fault, error.line = fault, line
        return error


@dataclass(frozen=True)
class Refusal:
    """Why an input of a request is refused.

    place: of the input, from 0; message: the whole one; fault, line: as of `DataError`, for the input.
    """

    place: int
    message: str
    fault: str
    line: int | None


class RefusedInputsError(DataError):
    """Some inputs of a request are refused."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        """refusals: of all inputs that are refused, at least one."""
        super().__init__(listed([refusal.message for refusal in refusals]))
        self.refusals = refusals


MOST_LISTED = 20


def listed(messages: Sequence[str], more: int = 0) -> str:
    """Put the first messages on a line each, and count the others and `more`."""
    more += max(len(messages) - MOST_LISTED, 0)
    return "\n".join([*messages[:MOST_LISTED], *[f"and {more:,} more."] * bool(more)])


class ConfigError(SeqopsError):
    """params.yaml is wrong."""
