"""Reader of two formats: KLP (`;` text, `$` annotated text, then tokens) and CoNLL columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from seqops.core.errors import DataError
from seqops.preprocessing.korean import nfc, plain_jamo
from seqops.preprocessing.text_file import read_text

KLP_LAYOUT = (
    "Write `;` and the text, `$` and the annotated text, then one line per token: "
    "index, token, part of speech and tag, separated by tabs."
)
CONLL_LAYOUT = "Write one line per token, its columns (token first, tag last) separated by tabs or spaces."
COLUMNS = ("line", "text", "tokens", "pos", "words", "tags")


@dataclass
class Sentence:
    """A sentence of a file; `words` is the number of the space-separated word of each token."""

    line: int
    text: str = ""
    annotated: str = ""
    tokens: list[str] = field(default_factory=list)
    pos: list[str] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def add(self, word: int, token: str, pos: str, tag: str) -> None:
        """Append one token."""
        self.words.append(word)
        self.tokens.append(plain_jamo(token))
        self.pos.append(pos)
        self.tags.append(to_iob2(tag, self.tags[-1] if self.tags else "O"))


def to_iob2(tag: str, previous: str) -> str:
    """Convert a tag to IOB2: `B_OG` to `B-OG`; an `I` without type gets that of the entity it continues."""
    if tag == "I" and previous[:2] in ("B-", "I-"):
        return f"I-{previous[2:]}"
    return f"{tag[0]}-{tag[2:]}" if re.match(r"[BI]_.", tag) else tag


def sentences(path: Path, layout: Literal["klp", "conll"]) -> list[Sentence]:
    """Read the sentences of a file. Raises DataError for what cannot be parsed."""
    parse = {"klp": _klp, "conll": _conll}[layout]
    found = [parse(path, block) for block in _blocks(lines(path)) if not block[0][1].startswith("-DOCSTART-")]
    if not found:
        raise DataError.at(path, None, "contains no sentence", "Give a file with at least one sentence.")
    return found


def lines(path: Path) -> list[str]:
    """Read the lines of a UTF-8 file, with LF or CRLF line ends, in Unicode NFC."""
    return [nfc(line.rstrip("\r")) for line in read_text(path).split("\n")]


def _blocks(rows: list[str]) -> Iterator[list[tuple[int, str]]]:
    """Yield the numbered lines between blank lines."""
    block: list[tuple[int, str]] = []
    for number, row in enumerate([*rows, ""], 1):
        if row.strip():
            block.append((number, row))
        elif block:
            yield block
            block = []


def _klp(path: Path, block: list[tuple[int, str]]) -> Sentence:
    number, first = block[0]
    if not first.startswith(";"):
        raise DataError.at(path, number, "a sentence does not start with `;` and its text", KLP_LAYOUT)
    sentence = Sentence(number, first[1:].strip())
    for number, row in block[1:]:
        if row.startswith("$") and not sentence.tokens:
            sentence.annotated = row[1:].strip()
            continue
        columns = row.split("\t")
        numbered = columns[0].isdecimal() and len(columns[0]) < 10
        if len(columns) != 4 or not numbered or not all(c.strip() for c in columns):
            raise DataError.at(
                path, number, f"not index, token, part of speech and tag: {row[:60]!r}", KLP_LAYOUT
            )
        sentence.add(int(columns[0]), *columns[1:])
    if not sentence.tokens:
        raise DataError.at(
            path, sentence.line, "a sentence has no tokens (is the file truncated?)", KLP_LAYOUT
        )
    return sentence


def _conll(path: Path, block: list[tuple[int, str]]) -> Sentence:
    sentence = Sentence(block[0][0])
    width = len(block[0][1].split())
    for word, (number, row) in enumerate(block):
        columns = row.split("\t") if "\t" in row else row.split(" ")
        if len(columns) != width or width < 2 or not all(c.strip() for c in columns):
            raise DataError.at(
                path, number, f"not the {max(width, 2)} columns of its sentence: {row[:60]!r}", CONLL_LAYOUT
            )
        sentence.add(word, columns[0], columns[1] if width > 2 else "", columns[-1])
    sentence.text = " ".join(sentence.tokens)
    return sentence
