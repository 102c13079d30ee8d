"""Spans and IOB2 tags, each from the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Span = tuple[int, int, str]
"""Where an entity starts, where it ends (exclusive), and its type."""


def is_valid_transition(tag: str, previous: str) -> bool:
    """Tell whether strict IOB2 lets a tag follow another; `O` stands for the start of a sentence."""
    return not tag.startswith("I-") or previous in (f"B-{tag[2:]}", tag)


def iob2_to_spans(tags: Sequence[str]) -> list[Span]:
    """List the entities of IOB2 tags; an `I-` that continues nothing belongs to none."""
    found: list[Span] = []
    start, kind = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        if kind and tag != f"I-{kind}":
            found.append((start, place, kind))
            kind = ""
        if tag.startswith("B-"):
            start, kind = place, tag[2:]
    return found


def spans_to_iob2(spans: Collection[Span], length: int) -> list[str]:
    """Write spans of tokens as IOB2 tags."""
    tags = ["O"] * length
    for start, end, kind in spans:
        tags[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
    return tags
