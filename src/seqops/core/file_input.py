"""Raw inputs of a file, which know where they stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self


class FileInput(str):
    """A raw input of a file.

    lines: of the file, for each line of the input; start: the one that stands for all of it, None: no single
    one; name: by which its answer can be told from others, such as `series a`; empty: there is none.
    """

    lines: Sequence[int]
    start: int | None
    name: str

    def __new__(cls, text: str, lines: Sequence[int], start: int | None = None, name: str = "") -> Self:
        """Create the text, and add what is known of it."""
        created = super().__new__(cls, text)
        created.lines, created.start, created.name = lines, start, name
        return created

    def line(self, line: int | None) -> int | None:
        """Return the line of the file for a line of the input, from 1; None: for all of it."""
        return self.start if line is None else self.lines[line - 1]
