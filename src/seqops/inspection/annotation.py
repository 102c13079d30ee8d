"""Texts with labels, tags or translations in a form that no task reads, and are no running text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from seqops.inspection.files import InputFile
from seqops.preprocessing.tag_schemes import is_tag

MOST = 0.95
"""Share of the lines that have the form."""
COLUMNS = "Write a token and its tag on each line, separated by a tab, and a blank line after each sentence."
PAIRS = "Write the sentence and its translation on each line, separated by a tab."
LABELS = "Write the text and its label on each line, separated by a tab."
TOKEN_AND_TAG = re.compile(r"\S+[|/_](O|[BIES]-\w+)")
SUFFIX = re.compile(r"[A-Z]+[-_][BIES]")
CELLS = re.compile(r"[\t ,;|]")


def annotation(file: InputFile) -> tuple[str, str]:
    """Say what a file has that no task reads, and how to write it; empty texts if it has none."""
    lines = [line.rstrip() for line in file.head if not line.startswith("#")]
    if not lines or file.members:
        return "", ""
    if _most(line.startswith("__label__") for line in lines):
        return "labels of fastText (`__label__`) before its texts", LABELS
    if _most(line.count("|||") == 1 for line in lines):
        return "`|||` between sentences", PAIRS
    if _most(all(map(TOKEN_AND_TAG.fullmatch, line.split())) for line in lines):
        return "the tags of tokens inside its lines", COLUMNS
    rows = [CELLS.split(line) for line in lines]
    last, first = [row[-1] for row in rows], [row[0] for row in rows]
    tags = [cell.upper() for cell in last]
    if _are_tags(tags):
        return "tokens with tags, but not in the columns that are read", COLUMNS
    if _are_tags(first):
        return "tags in the first column, before the tokens", COLUMNS
    marked = [cell for cell in last if cell not in ("-", "O")]
    if marked and _most(map(SUFFIX.fullmatch, marked)) and len(marked) < len(last):
        return f"tags such as {marked[0]}", f"Write B-PER in place of PER_B, and O outside. {COLUMNS}"
    tagged = [row for row in rows if len(row) == 2]
    if tagged and all(len(row) <= 2 for row in rows) and _are_tags([row[1] for row in tagged]):
        return "no tag for tokens outside entities", f"Tag them as O. {COLUMNS}"
    return "", ""


def _are_tags(cells: Sequence[str]) -> bool:
    return any(len(cell) > 1 and is_tag(cell) for cell in cells) and _most(map(is_tag, cells))


def _most(found: Iterable[object]) -> bool:
    every = [bool(one) for one in found]
    return sum(every) >= MOST * len(every)
