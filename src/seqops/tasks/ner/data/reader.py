"""Reader of two formats: KLP (`;` text, `$` annotated text, then tokens) and CoNLL columns."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.korean import nfc
from seqops.preprocessing.row_keys import key_hashes
from seqops.preprocessing.tag_schemes import is_tag
from seqops.preprocessing.text_file import read_text
from seqops.tasks.ner.data import conll
from seqops.tasks.ner.data.sentence import Block, Sentence

KLP_LAYOUT = (
    "Write `;` and the text, `$` and the annotated text, then one line per token: "
    "index, token, part of speech and tag, separated by tabs."
)
MARKS = ("-DOCSTART-", "# newdoc")
"""What the line begins with that begins a document."""
COLUMNS = ("line", "text", "tokens", "pos", "words", "tags", "scheme")


def sentences(path: Path, layout: Literal["klp", "conll"]) -> list[Sentence]:
    """Read the sentences of a file. Raises DataError for what cannot be parsed."""
    rows = lines(path)
    blocks = list(_blocks(rows))
    if layout == "conll" and blocks and _is_klp(blocks[0]):
        what = "a sentence starts with `;` and its text, as in the KLP layout, not with a token"
        raise DataError.at(path, blocks[0][0][0], what, "Set data.layout: klp.")
    found = conll.sentences(path, blocks) if layout == "conll" else [_klp(path, block) for block in blocks]
    if not found:
        raise DataError.at(path, None, "contains no sentence", "Give a file with at least one sentence.")
    if marks := [number for number, row in enumerate(rows, 1) if row.startswith(MARKS)]:
        for sentence in found:
            sentence.document = f"{bisect(marks, sentence.line)} {sentence.document}"
    return found


def documents(sentences: Sequence[Sentence]) -> dict[str, str]:
    """Return the hash of the text of each document of a file, by its key."""
    texts: dict[str, list[str]] = {}
    for sentence in sentences:
        if sentence.document:
            texts.setdefault(sentence.document, []).append(sentence.text)
    hashes = key_hashes("\n".join(each) for each in texts.values())
    return {document: f"{value:016x}" for document, value in zip(texts, hashes, strict=True)}


def lines(path: Path) -> list[str]:
    """Read the lines of a UTF-8 file, with LF or CRLF line ends, in Unicode NFC."""
    return [nfc(line.rstrip("\r")) for line in read_text(path).split("\n")]


def _blocks(rows: list[str]) -> Iterator[Block]:
    """Yield the numbered lines between blank lines and the marks of documents."""
    block: Block = []
    for number, row in enumerate([*rows, ""], 1):
        if row.strip() and not row.startswith(MARKS[0]):
            block.append((number, row))
        elif block:
            yield block
            block = []


def _is_klp(block: Block) -> bool:
    return block[0][1].startswith(";") and len(block) > 1 and block[1][1].startswith("$")


def _klp(path: Path, block: Block) -> Sentence:
    number, first = block[0]
    if not first.startswith(";"):
        what = "a sentence does not start with `;` and its text"
        if len(cells := first.split()) > 1 and is_tag(cells[-1]):
            what += ", but with a token and its tag"
            raise DataError.at(path, number, what, f"Set data.layout: conll; or, for KLP: {KLP_LAYOUT}")
        raise DataError.at(path, number, what, KLP_LAYOUT)
    sentence = Sentence(number, first[1:].strip())
    for number, row in block[1:]:
        if row.startswith("$") and not sentence.tokens:
            sentence.annotated = row[1:].strip()
            continue
        columns = row.split("\t")
        numbered = columns[0].isdecimal() and len(columns[0]) < 10
        if len(columns) != 4 or not numbered or not all(c.strip() for c in columns):
            raise DataError.at(
                path, number, f"not index, token, part of speech and tag: {quoted(row)}", KLP_LAYOUT
            )
        sentence.add(int(columns[0]), *columns[1:])
    if not sentence.tokens:
        raise DataError.at(
            path, sentence.line, "a sentence has no tokens (is the file truncated?)", KLP_LAYOUT
        )
    return sentence
