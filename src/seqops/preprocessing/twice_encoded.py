"""Text that was encoded in UTF-8, read in an encoding of one byte a character, and encoded again."""

from __future__ import annotations

import re
from dataclasses import dataclass

NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
LEAST, SHARE = 2, 0.25
"""Characters that must be encoded twice, and the share of all runs beyond ASCII that has them."""
SAMPLE = 1 << 20
"""Characters that are looked at."""


@dataclass(frozen=True)
class TwiceEncoded:
    """The first such run: its line, what the file has, what it was, and the encoding in between."""

    line: int
    found: str
    was: str
    encoding: str


def twice_encoded(text: str) -> TwiceEncoded | None:
    """Return the first run that was encoded twice, if the text as a whole seems to be."""
    runs = list(NOT_ASCII.finditer(text, 0, SAMPLE))
    for encoding in ("windows-1252", "windows-1251"):
        broken = [(run, was) for run in runs if (was := _decoded(run[0], encoding))]
        if sum(len(was) for _, was in broken) >= LEAST and len(broken) >= SHARE * len(runs):
            first, was = broken[0]
            return TwiceEncoded(text.count("\n", 0, first.start()) + 1, first[0], was, encoding)
    return None


def _decoded(run: str, encoding: str) -> str:
    """Return the text whose bytes in UTF-8 are these characters, or an empty one.

    A byte that the encoding lacks is the control character of the same number, as in browsers.
    """
    try:
        return b"".join(_byte(character, encoding) for character in run).decode()
    except UnicodeError:
        return ""


def _byte(character: str, encoding: str) -> bytes:
    return character.encode("latin-1" if "\x80" <= character <= "\x9f" else encoding)
