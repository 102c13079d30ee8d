"""What every raw input owes, whatever it is about."""

from __future__ import annotations

from collections.abc import Sequence

from seqops.contract import BadData


def check_characters(inputs: Sequence[str]) -> None:
    """Raise BadData for a text with half a character, as JSON and command lines can hold it."""
    for number, text in enumerate(inputs, 1):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise BadData(f"input {number} holds half a character. Give whole ones, in UTF-8.") from None
