"""A user's list of words with weights, such as one of positive and negative words."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from seqops.core.errors import DataError, quoted
from seqops.core.interfaces import Meta
from seqops.preprocessing.csv_table import parse_number
from seqops.preprocessing.text_file import read_text
from seqops.tasks.sentiment.data.encoding import NgramTokenizer

FORMAT = "Write one word per line and its weight, separated by a tab or a comma."
OTHER_FILE = "Set data.lexicon to another file."


def read_lexicon(path: Path, tokenizer: NgramTokenizer, texts: Iterable[str]) -> Meta:
    """Read words, in the case of the texts, and their weights, as `lexicon` of a meta.

    A first line whose second cell has no digit is a header. texts: those of training. Raises DataError for a
    line that is no word and finite weight, for a word with two weights, and if no text has any of the words.
    """
    found: dict[str, float] = {}
    for line, cells in _rows(path, read_text(path)):
        if len(cells) != 2:
            raise DataError.at(path, line, f"{len(cells)} cells, not a word and a weight", FORMAT)
        word = tokenizer.plain(cells[0]).strip()
        if not found and not any(map(str.isdigit, cells[1])) and line == 1:
            continue
        weight = parse_number(path, line, cells[1], "weight")
        if not word or math.isnan(weight):
            what = "the weight is missing" if word else "the word is missing"
            raise DataError.at(path, line, what, FORMAT)
        if found.setdefault(word, weight) != weight:
            what = f"{quoted(word)} has the weight {weight:g} here and {found[word]:g} above"
            raise DataError.at(path, line, what, "Keep one of the lines.")
    if not any(token in found for text in texts for token in tokenizer.tokens(text)):
        what = "the file has none of the words of the training texts"
        raise DataError.at(path, None, what, OTHER_FILE)
    return {"lexicon": found}


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the 1-based number and the cells of each line that is not blank; no cell has several lines."""
    lines = [(n, line) for n, line in enumerate(re.split("\r\n|\r|\n", text), 1) if line.strip()]
    tabs = bool(lines) and "\t" in lines[0][1]
    for number, line in lines:
        try:
            cells = line.split("\t") if tabs else next(csv.reader([line], strict=True, skipinitialspace=True))
        except csv.Error as error:
            raise DataError.at(path, number, f"broken CSV ({error})", "Fix the quotes.") from None
        yield number, cells
