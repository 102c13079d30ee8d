"""Conversion between spans of tokens and spans of characters in the raw text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqops.preprocessing.iob2 import Span, iob2_to_spans
from seqops.tasks.ner.data.sentence import Sentence

MARK = re.compile(r"<([^<>]+):([A-Z]+)>")


def gold_spans(sentence: Sentence) -> list[Span] | None:
    """Find the entities of a sentence in its text; None if tokens and text do not match.

    The annotated line is used if it agrees with the tags; otherwise the tokens are searched in the text.
    """
    wanted = [kind for _, _, kind in iob2_to_spans(sentence.tags)]
    for spans in (marked_spans(sentence.annotated, sentence.text), found_spans(sentence)):
        if spans is not None and [kind for _, _, kind in spans] == wanted:
            return spans
    return None


def marked_spans(annotated: str, text: str) -> list[Span] | None:
    """Read `<surface:TYPE>` marks; None unless the line without its marks is the text."""
    spans: list[Span] = []
    plain, last = "", 0
    for mark in MARK.finditer(annotated):
        plain += annotated[last : mark.start()]
        spans.append((len(plain), len(plain) + len(mark[1]), mark[2]))
        plain, last = plain + mark[1], mark.end()
    return spans if plain + annotated[last:] == text else None


def found_spans(sentence: Sentence) -> list[Span] | None:
    """Search the tokens of each entity in the text, left to right; None if one is not found."""
    spans: list[Span] = []
    position = 0
    for start, end, kind in iob2_to_spans(sentence.tags):
        surface = r"\s*".join(re.escape(token) for token in sentence.tokens[start:end])
        match = re.compile(surface).search(sentence.text, position)
        if match is None:
            return None
        spans.append((match.start(), match.end(), kind))
        position = match.end()
    return spans


def token_spans(spans: Sequence[Span], offsets: Sequence[tuple[int, int]]) -> list[Span]:
    """Convert spans of characters to spans of tokens at `offsets`: all tokens that overlap each span."""
    covered: list[Span] = []
    free = 0
    for start, end, kind in spans:
        touched = [i for i in range(free, len(offsets)) if offsets[i][0] < end and offsets[i][1] > start]
        if touched:
            covered.append((touched[0], touched[-1] + 1, kind))
            free = touched[-1] + 1
    return covered


def character_spans(spans: Sequence[Span], offsets: Sequence[tuple[int, int]]) -> list[Span]:
    """Convert spans of tokens at `offsets` to spans of characters."""
    return [
        (min(s for s, _ in offsets[start:end]), max(e for _, e in offsets[start:end]), kind)
        for start, end, kind in spans
    ]
