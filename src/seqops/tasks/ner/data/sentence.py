"""A sentence of a file, as all layouts are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from seqops.preprocessing.korean import plain_jamo

Block = list[tuple[int, str]]
"""The lines of a sentence, each with its 1-based number."""


@dataclass
class Sentence:
    """A sentence of a file; `words` is the number of the space-separated word of each token.

    scheme: that of the tags in the file, before their conversion to IOB2; document: the key of the document
    of the sentence in its file.
    """

    line: int
    text: str = ""
    annotated: str = ""
    tokens: list[str] = field(default_factory=list)
    pos: list[str] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    scheme: str = "IOB2"
    document: str = ""

    def add(self, word: int, token: str, pos: str, tag: str) -> None:
        """Append one token."""
        self.words.append(word)
        self.tokens.append(plain_jamo(token))
        self.pos.append(pos)
        self.tags.append(plain_tag(tag, self.tags[-1] if self.tags else "O"))


def plain_tag(tag: str, previous: str) -> str:
    """Write a tag with a hyphen: `B_OG` as `B-OG`; an `I` without type gets that which it continues."""
    if tag == "I" and previous[:2] in ("B-", "I-"):
        return f"I-{previous[2:]}"
    return f"{tag[0]}-{tag[2:]}" if re.match(r"[BIMELSUW]_.", tag) else tag
