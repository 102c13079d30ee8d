"""Schemes that mark the tokens of entities, and their conversion to IOB2."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqops.preprocessing.iob2 import is_valid_transition

TAG = re.compile(r"O|[BI]|[BIMELSUW][-_].+")
MARKS = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
"""The marks of BIOES, BILOU and BMEWO (or BMESO), each with that of BIOES."""

Tags = Sequence[str]


def is_tag(text: str) -> bool:
    """Return whether a text is a tag of one of the schemes."""
    return TAG.fullmatch(text) is not None


def to_iob2(sentences: Sequence[Tags]) -> tuple[list[list[str]], str]:
    """Convert the tags of a file to IOB2; returns the name of their scheme as well.

    IOB1 (Ramshaw and Marcus 1995) begins an entity with `B` only after one of the same type. Tags that are
    valid in no scheme are returned as they are.
    """
    if not all(map(_is_iob2, sentences)):
        if all(map(_is_iob1, sentences)):
            return [_from_iob1(tags) for tags in sentences], "IOB1"
        if all(map(_is_bioes, sentences)):
            return [_from_bioes(tags) for tags in sentences], "BIOES"
    return [list(tags) for tags in sentences], "IOB2"


def _is_iob2(tags: Tags) -> bool:
    return all(
        (tag == "O" or tag[:2] in ("B-", "I-")) and is_valid_transition(tag, previous)
        for tag, previous in zip(tags, ["O", *tags], strict=False)
    )


def _is_iob1(tags: Tags) -> bool:
    return all(
        tag == "O" or tag[:2] == "I-" or (tag[:2] == "B-" and previous[1:] == tag[1:])
        for tag, previous in zip(tags, ["O", *tags], strict=False)
    )


def _from_iob1(tags: Tags) -> list[str]:
    return [
        f"B{tag[1:]}" if tag != "O" and previous[1:] != tag[1:] else tag
        for tag, previous in zip(tags, ["O", *tags], strict=False)
    ]


def _is_bioes(tags: Tags) -> bool:
    """Return whether every entity is `S`, or goes from `B` over any number of `I` to `E`, of one type."""
    inside = ""
    for tag in [*tags, "O"]:
        mark, kind = MARKS.get(tag[0], ""), tag[2:]
        if tag != "O" and not (mark and kind and tag[1] == "-"):
            return False
        if (mark in ("I", "E")) != bool(inside) or (inside and kind != inside):
            return False
        inside = kind if mark in ("B", "I") else ""
    return True


def _from_bioes(tags: Tags) -> list[str]:
    iob2 = {"B": "B", "S": "B", "I": "I", "E": "I"}
    return [tag if tag == "O" else f"{iob2[MARKS[tag[0]]]}{tag[1:]}" for tag in tags]
