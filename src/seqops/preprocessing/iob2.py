"""Conversion between entity spans and IOB2 tags."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Span = tuple[int, int, str]
"""The start, the end (exclusive) and the type of an entity."""


def is_valid_transition(tag: str, previous: str) -> bool:
    """Return whether a tag may follow another in strict IOB2; `O` stands for the start of a sentence."""
    return not tag.startswith("I-") or previous in (f"B-{tag[2:]}", tag)


def iob2_to_spans(tags: Sequence[str]) -> list[Span]:
    """List the entities of IOB2 tags; an `I-` tag that continues no entity is ignored."""
    found: list[Span] = []
    start, kind = 0, ""
    for position, tag in enumerate([*tags, "O"]):
        if kind and tag != f"I-{kind}":
            found.append((start, position, kind))
            kind = ""
        if tag.startswith("B-"):
            start, kind = position, tag[2:]
    return found


def spans_to_iob2(spans: Collection[Span], length: int) -> list[str]:
    """Convert spans of tokens to IOB2 tags."""
    tags = ["O"] * length
    for start, end, kind in spans:
        tags[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
    return tags
