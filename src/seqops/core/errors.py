"""Errors that the user can fix; each message says what is wrong, where, and what to do."""

from __future__ import annotations

import re
import reprlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqops.core.redaction import redact


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
MOST_SHOWN = 80
"""Characters that a message shows of a value of the user's or of a server's."""
MOST_READ = 1_000
"""Characters of such a value in which secrets are looked for."""
MOST_OF_WORD = 500
LONG_WORD = re.compile(rf"\S{{{MOST_OF_WORD + 1},}}")
QUOTES = reprlib.Repr()
"""How values are shown; those nested deeply, which `repr` could not show, to six levels."""
QUOTES.maxstring = QUOTES.maxother = QUOTES.maxlong = sys.maxsize


def listed(messages: Sequence[str], more: int = 0) -> str:
    """Put the first messages on a line each, and count the others and `more`."""
    more += max(len(messages) - MOST_LISTED, 0)
    return "\n".join([*messages[:MOST_LISTED], *[f"and {more:,} more."] * bool(more)])


def shortened(text: str, max_length: int = MOST_SHOWN) -> str:
    """Truncate a text for a message."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def quoted(value: object) -> str:
    """Show a value in a message: a text in quotes, secrets of URLs masked, the end of a long one left out."""
    return shortened(redact(QUOTES.repr(value)[:MOST_READ]))


def without_long_words(text: str) -> str:
    """Truncate the words of a message that nobody would read, such as a name of thousands of characters."""
    return LONG_WORD.sub(lambda word: shortened(word[0], MOST_OF_WORD), text)


class ConfigError(SeqopsError):
    """params.yaml is wrong."""
