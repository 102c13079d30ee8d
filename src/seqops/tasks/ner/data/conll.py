"""Sentences of CoNLL columns: tokens, parts of speech and tags in IOB2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.scripts import is_unspaced
from seqops.preprocessing.tag_schemes import is_tag, to_iob2
from seqops.tasks.ner.data.sentence import Block, Sentence

LAYOUT = "Write one line per token, its columns (token first, tag last) separated by tabs or spaces."
CHUNKS = {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
"""Types of CoNLL-2000 that a column beside the tags of entities may have."""
HEADER = re.compile(r"(tags?|labels?|ner|ne|entit(y|ies)|iob|bio)([ _-]?(tags?|labels?))?", re.IGNORECASE)
NUMBER = re.compile(r"\d{1,6}([-.]\d{1,6})?", re.ASCII)
Rows = list[list[str]]


def sentences(path: Path, blocks: Sequence[Block]) -> list[Sentence]:
    """Parse the sentences of a file. Raises DataError with the line of what cannot be parsed.

    A comment above a sentence, and columns before the tokens that number them or are the same for a whole
    sentence (the name of its document, which is kept), are left out, and so are the ranges of CoNLL-U. Tags
    become IOB2.
    Texts are the tokens, joined by spaces unless `is_unspaced`.
    """
    shapes = {_shape(row) for block in blocks for _, row in block if not row.startswith("#")}
    kept = [found for block in blocks if (found := _without_comments(block, shapes))]
    rows = [_columns(path, block) for block in kept]
    kept, rows = _without_header(kept, rows)
    at, number = _token_column(path, kept, rows)
    _check_tag_column(path, kept, rows, at)
    _check_one_column_of_entities(path, kept, rows, at)
    parsed = [
        _sentence(block, [row[at:] for row in columns if number is None or row[number].isdecimal()])
        for block, columns in zip(kept, rows, strict=True)
    ]
    before = [[columns[0][name] for columns in rows] for name in range(at) if name != number]
    document = next((names for names in before if 1 < len({*names}) < len(names)), [""] * len(rows))
    for sentence, name in zip(parsed, document, strict=True):
        sentence.document = name
    converted, scheme = to_iob2([sentence.tags for sentence in parsed])
    unspaced = is_unspaced([sentence.tokens for sentence in parsed])
    for sentence, tags in zip(parsed, converted, strict=True):
        sentence.tags, sentence.scheme = tags, scheme
        sentence.text = ("" if unspaced else " ").join(sentence.tokens)
        if unspaced:
            sentence.words = list(accumulate(token.isspace() for token in sentence.tokens))
    return parsed


def _without_comments(block: Block, shapes: set[tuple[bool, int]]) -> Block:
    """Leave out the lines above a sentence that begin with `#`, unless they are divided as other lines are.

    A line of a token ends in a tag, too. shapes: those of the lines of the file that do not begin with `#`.
    """
    for start, (_, row) in enumerate(block):
        is_token = is_tag(_split_once(row)[-1]) and (not shapes or _shape(row) in shapes)
        if not row.startswith("#") or is_token:
            return block[start:]
    return []


def _shape(row: str) -> tuple[bool, int]:
    """Return how a line is divided: whether by tabs, and to how many cells."""
    return "\t" in row, len(_split_once(row))


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
    raise DataError.at(path, number, f"not the {wanted} columns of its sentence: {quoted(row)}", LAYOUT)


def _without_header(blocks: list[Block], sentences: list[Rows]) -> tuple[list[Block], list[Rows]]:
    """Leave out a first line that names the columns: its last cell is no tag, as all others are."""
    cells = [row[-1] for rows in sentences for row in rows]
    named = len(cells) > 1 and not is_tag(cells[0]) and HEADER.fullmatch(cells[0])
    if not named or not all(map(is_tag, cells[1:])):
        return blocks, sentences
    whole = 1 if len(sentences[0]) == 1 else 0
    if whole:
        return blocks[1:], sentences[1:]
    return [blocks[0][1:], *blocks[1:]], [sentences[0][1:], *sentences[1:]]


def _token_column(path: Path, blocks: Sequence[Block], sentences: Sequence[Rows]) -> tuple[int, int | None]:
    """Return the column of the tokens, and that which numbers them before it, if there is one."""
    number = None
    last = min((len(rows[0]) for rows in sentences), default=2) - 2
    for at in range(last + 1):
        columns = [[row[at] for row in rows] for rows in sentences]
        whole = all(NUMBER.fullmatch(cell) for cells in columns for cell in cells)
        numbers = whole and max(map(len, columns), default=0) > 1
        if not numbers and not _is_constant(columns):
            return at, number
        fault = "has nothing but numbers" if numbers else "is the same in all lines of a sentence"
        if numbers and all(map(_is_running, columns)):
            number = at
        elif not _is_constant(columns):
            break
    what = f"the {'first ' * (at == 0)}column{f' {at + 1}' * (at > 0)}, that of the tokens, {fault}"
    raise DataError.at(path, blocks[0][0][0], what, LAYOUT)


def _is_constant(columns: Sequence[Sequence[str]]) -> bool:
    """Return whether a column has one value in each sentence, as the name of its document."""
    return all(len(set(cells)) == 1 for cells in columns) and sum(len(cells) - 1 for cells in columns) > 1


def _check_tag_column(path: Path, blocks: Sequence[Block], sentences: Sequence[Rows], at: int) -> None:
    """Raise DataError if the last column is the same in all lines of a sentence, and another one has tags."""
    last = [[row[-1] for row in rows] for rows in sentences]
    if not _is_constant(last) or {cell for cells in last for cell in cells} == {"O"}:
        return
    for column in range(at + 1, min(len(rows[0]) for rows in sentences) - 1):
        cells = {row[column] for rows in sentences for row in rows}
        if all(map(is_tag, cells)) and cells != {"O"}:
            what = f"the last column is the same in all lines of a sentence, and column {column + 1} has tags"
            raise DataError.at(path, blocks[0][0][0], what, f"Remove the columns after it. {LAYOUT}")


def _check_one_column_of_entities(
    path: Path, blocks: Sequence[Block], sentences: Sequence[Rows], at: int
) -> None:
    """Raise DataError if a column before the last one has tags of the same types, or of the only entities."""
    last = {row[-1] for rows in sentences for row in rows}
    if not all(map(is_tag, last)):
        return
    types = _types(last)
    for column in range(at + 1, min((len(rows[0]) for rows in sentences), default=0) - 1):
        others = _types(row[column] for rows in sentences for row in rows)
        if others & types or (not types and others - CHUNKS):
            what = f"column {column + 1} has tags of entities, as the last one: of outer and inner ones"
            raise DataError.at(path, blocks[0][0][0], what, f"Keep one of them. {LAYOUT}")


def _types(cells: Iterable[str]) -> set[str]:
    """Return the types of a column of tags; none if it has other cells, or only `O`."""
    distinct = {*cells}
    return {cell[2:] for cell in distinct - {"O"}} if all(map(is_tag, distinct)) else set()


def _is_running(cells: Sequence[str]) -> bool:
    whole = [int(cell) for cell in cells if cell.isdecimal()]
    return bool(whole) and whole[0] in (0, 1) and whole == list(range(whole[0], whole[0] + len(whole)))


def _sentence(block: Block, rows: Rows) -> Sentence:
    sentence = Sentence(block[0][0])
    for word, row in enumerate(rows):
        sentence.add(word, row[0], row[1] if len(row) > 2 else "", row[-1])
    return sentence
