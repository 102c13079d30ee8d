"""Sentences of CoNLL columns: tokens, parts of speech and tags in IOB2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from seqops.core.errors import DataError
from seqops.preprocessing.scripts import is_unspaced
from seqops.preprocessing.tag_schemes import is_tag, to_iob2
from seqops.tasks.ner.data.sentence import Block, Sentence

LAYOUT = "Write one line per token, its columns (token first, tag last) separated by tabs or spaces."
NUMBER = re.compile(r"\d{1,6}([-.]\d{1,6})?", re.ASCII)
Rows = list[list[str]]


def sentences(path: Path, blocks: Sequence[Block]) -> list[Sentence]:
    """Parse the sentences of a file. Raises DataError with the line of what cannot be parsed.

    A comment above a sentence and a running number before each token are left out, and so are the ranges of
    CoNLL-U. Tags become IOB2. Texts are the tokens, joined by spaces unless `is_unspaced`.
    """
    kept = [block for block in map(_without_comments, blocks) if block]
    rows = [_columns(path, block) for block in kept]
    at = _token_column(path, kept, rows)
    parsed = [
        _sentence(block, [row[at:] for row in columns if not at or row[0].isdecimal()])
        for block, columns in zip(kept, rows, strict=True)
    ]
    converted, scheme = to_iob2([sentence.tags for sentence in parsed])
    unspaced = is_unspaced([sentence.tokens for sentence in parsed])
    for sentence, tags in zip(parsed, converted, strict=True):
        sentence.tags, sentence.scheme = tags, scheme
        sentence.text = ("" if unspaced else " ").join(sentence.tokens)
        if unspaced:
            sentence.words = list(accumulate(token.isspace() for token in sentence.tokens))
    return parsed


def _without_comments(block: Block) -> Block:
    """Leave out the lines above a sentence that begin with `#` and have no tag at their end."""
    for start, (_, row) in enumerate(block):
        if not row.startswith("#") or is_tag(_split_once(row)[-1]):
            return block[start:]
    return []


def _split_once(row: str) -> list[str]:
    """Split at tabs, or at runs of spaces in a line without a tab; a token of one space is kept."""
    if "\t" not in row:
        return re.split(" +", row.strip(" "))
    return [cell.strip(" ") or cell for cell in row.rstrip().split("\t")]


def _split_runs(row: str) -> list[str]:
    return re.split(r"[\t ]+", row.strip())


def _columns(path: Path, block: Block) -> Rows:
    """Split the lines of a sentence to equally many columns, single tabs first, then runs of tabs."""
    for split in (_split_once, _split_runs):
        rows = [split(row) for _, row in block]
        if all(len(row) == len(rows[0]) > 1 and row[0] and row[-1] for row in rows):
            return rows
    wanted = max(len(_split_once(block[0][1])), 2)
    number, row = next((pair for pair in block if len(_split_once(pair[1])) != wanted), block[0])
    raise DataError.at(path, number, f"not the {wanted} columns of its sentence: {row[:60]!r}", LAYOUT)


def _token_column(path: Path, blocks: Sequence[Block], sentences: Sequence[Rows]) -> int:
    """Return 1 if the first column numbers the tokens of every sentence, else 0."""
    firsts = [[row[0] for row in rows] for rows in sentences]
    numbers = all(NUMBER.fullmatch(cell) for cells in firsts for cell in cells)
    if not numbers or max(map(len, firsts), default=0) < 2:
        return 0
    if all(map(_is_running, firsts)) and all(len(rows[0]) > 2 for rows in sentences):
        return 1
    what = "the first column, that of the tokens, has nothing but numbers"
    raise DataError.at(path, blocks[0][0][0], what, LAYOUT)


def _is_running(cells: Sequence[str]) -> bool:
    whole = [int(cell) for cell in cells if cell.isdecimal()]
    return bool(whole) and whole[0] in (0, 1) and whole == list(range(whole[0], whole[0] + len(whole)))


def _sentence(block: Block, rows: Rows) -> Sentence:
    sentence = Sentence(block[0][0])
    for word, row in enumerate(rows):
        sentence.add(word, row[0], row[1] if len(row) > 2 else "", row[-1])
    return sentence
