"""The columns of a file of pairs: which of them are sentences, and whether the first line names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from seqops.core.errors import DataError

NUMBER = re.compile(r"[\d.,\s]+")
NUMBERS, JUDGED = 0.9, 10
"""A column is one of numbers if this share of its cells are; fewer rows are not judged."""
SIDE = re.compile(
    r"(source|target|src|tgt|trg|"
    r"arabic|bengali|bulgarian|catalan|chinese|croatian|czech|danish|dutch|english|"
    r"estonian|finnish|french|german|greek|hebrew|hindi|hungarian|icelandic|indonesian|"
    r"irish|italian|japanese|korean|latin|latvian|lithuanian|malay|mandarin|norwegian|"
    r"persian|polish|portuguese|romanian|russian|serbian|slovak|slovenian|spanish|"
    r"swahili|swedish|tamil|thai|turkish|ukrainian|urdu|vietnamese|welsh"
    r")([ _-]?(sentence|text|lang|language)s?)?"
)
CODE = re.compile(
    r"ar|bn|bg|ca|zh|hr|cs|da|nl|en|et|fi|fr|de|el|he|hi|hu|is|id|ga|it|"
    r"ja|ko|la|lv|lt|ms|no|fa|pl|pt|ro|ru|sr|sk|sl|es|sw|sv|ta|th|tr|uk|"
    r"ur|vi|cy"
)

COMPOUND = re.compile(
    r"texts?|sent(ence)?s?|lang(uage)?|line|segment|us|gb|br|pt|mx|cn|tw|hans|hant|latn|xx|\d"
)

Rows = Sequence[Sequence[str]]


def is_header(cells: Sequence[str]) -> bool:
    """Return whether cells name the two languages, as `english`, `en` or `text_en`, or source and target."""
    names = [cell.strip() for cell in cells]
    ways: tuple[Callable[[str], object], ...] = (_is_side, CODE.fullmatch, _is_compound)
    return len({*names}) == len(names) and any(all(map(way, names)) for way in ways)


def _is_side(name: str) -> bool:
    return SIDE.fullmatch(name.lower()) is not None


def _is_compound(name: str) -> bool:
    """Return whether a name joins a language, or its code, to further words by `_` or `-`, as `en_US`."""
    words = re.split("[_-]", name.lower())
    languages = [word for word in words if SIDE.fullmatch(word) or CODE.fullmatch(word)]
    others = [word for word in words if word not in languages]
    return len(words) > 1 and bool(languages) and all(map(COMPOUND.fullmatch, others))


def check_sentences(path: Path, rows: Rows, chosen: dict[str, int]) -> None:
    """Raise DataError if a chosen column has nothing but numbers; chosen: the setting of each column."""
    for setting, column in chosen.items():
        if not _is_numbers(rows, column):
            continue
        others = [i for i in range(len(rows[0])) if not _is_numbers(rows, i)]
        text = ", ".join(map(str, others)) or "none"
        fix = f"Columns with text are {text}, counted from 0: name one of them."
        what = f"column {column} ({setting}) has numbers, such as {rows[0][column].strip()!r}, not sentences"
        raise DataError.at(path, None, what, fix)


def _is_numbers(rows: Rows, column: int) -> bool:
    numbers = sum(NUMBER.fullmatch(row[column]) is not None for row in rows)
    return len(rows) >= JUDGED and numbers >= NUMBERS * len(rows)
