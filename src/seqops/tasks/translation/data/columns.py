"""The columns of a file of pairs: which of them are sentences, and whether the first line names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from seqops.core.errors import DataError, quoted

NUMBER = re.compile(r"[\d.,\s]+")
KEY = re.compile(r"(?=\S*\d)[\w.:/#-]+|[a-z]+://\S+", re.ASCII)
"""A name with a figure, as `train-0001`, or an address."""
NUMBERS, JUDGED = 0.9, 10
"""A column is one of numbers or keys if this share of its cells are; fewer rows are not judged."""
SIDE = re.compile(
    r"(source|target|src|tgt|trg|original|translation|translated|reference|sentence|text|input|output|prompt|"
    r"arabic|bengali|bulgarian|catalan|chinese|croatian|czech|danish|dutch|english|"
    r"estonian|finnish|french|german|greek|hebrew|hindi|hungarian|icelandic|indonesian|"
    r"irish|italian|japanese|korean|latin|latvian|lithuanian|malay|mandarin|norwegian|"
    r"persian|polish|portuguese|romanian|russian|serbian|slovak|slovenian|spanish|"
    r"swahili|swedish|tamil|thai|turkish|ukrainian|urdu|vietnamese|welsh"
    r")([ _-]?(sentence|text|lang|language)s?)?([ _-]?[12ab])?"
)
NATIVE = {
    "korean": "한국어 한글 국문 韩文 韓文 韓国語 韩语", "english": "영어 영문 英文 英語 英语",
    "japanese": "일본어 日文 日本語 日语", "chinese": "중국어 中文 中国語 中国语 汉语",
    "source": "원문 원본 原文 源文", "target": "번역 번역문 역문 訳文 翻訳 译文 譯文 翻译 翻譯",
}  # fmt: skip
"""What columns are called in other scripts; a language and its own name may be a pair of sentences."""
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
    """Return whether cells name two languages, as `english`, `en`, `text_en` or `영어`, or the two sides."""
    names = [cell.strip() for cell in cells]
    ways: tuple[Callable[[str], object], ...] = (_is_side, CODE.fullmatch, _is_compound)
    if len({*names}) < len(names):
        return False
    meant = [_meant(name) for name in names]
    return any(all(map(way, names)) for way in ways) or (all(meant) and len({*meant}) == len(meant))


def _is_side(name: str) -> bool:
    return SIDE.fullmatch(name.lower()) is not None


def _meant(name: str) -> str:
    """Return in English what a name in some script says; empty if that is neither a language nor a side."""
    native = next((english for english, names in NATIVE.items() if name in names.split()), "")
    return native or (name.lower() if _is_side(name) else "")


def _is_compound(name: str) -> bool:
    """Return whether a name joins a language, or its code, to further words by `_` or `-`, as `en_US`."""
    words = re.split("[_-]", name.lower())
    languages = [word for word in words if SIDE.fullmatch(word) or CODE.fullmatch(word)]
    others = [word for word in words if word not in languages]
    return len(words) > 1 and bool(languages) and all(map(COMPOUND.fullmatch, others))


def check_sentences(path: Path, rows: Rows, chosen: dict[str, int]) -> None:
    """Raise DataError if a chosen column has no sentences; chosen: the setting of each column."""
    for setting, column in chosen.items():
        found = _no_sentences(rows, column)
        if not found:
            continue
        others = [i for i in range(len(rows[0])) if not _no_sentences(rows, i)]
        text = ", ".join(map(str, others)) or "none"
        fix = f"Columns with text are {text}, counted from 0: name one of them."
        example = quoted(rows[0][column].strip())
        what = f"column {column} ({setting}) has {found}, such as {example}, not sentences"
        raise DataError.at(path, None, what, fix)


def _no_sentences(rows: Rows, column: int) -> str:
    """Say what a column has in place of sentences; empty if it has sentences, or too few rows to tell."""
    if len(rows) < JUDGED:
        return ""
    cells = [row[column].strip() for row in rows]
    for what, pattern in (("numbers", NUMBER), ("identifiers", KEY)):
        if sum(pattern.fullmatch(cell) is not None for cell in cells) >= NUMBERS * len(cells):
            return what
    constant = len({*cells}) == 1 and len(rows[0]) > 2
    return "the same text in every row" if constant else ""
