"""Whether files hold sentence pairs, and the settings that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqops.core.errors import quoted
from seqops.inspection.files import InputFile
from seqops.inspection.guess import CERTAIN, LIKELY, Guess
from seqops.inspection.splits import by_split
from seqops.inspection.tables import Table, are_numbers, few_values
from seqops.preprocessing.scripts import HANGUL, UNSPACED, share_of
from seqops.tasks.translation.data.columns import is_header
from seqops.tasks.translation.data.direction import require_one_direction

ATTRIBUTION = ("attribution", "cc-by", "tatoeba.org", "http")
VOCABULARIES = {5_000: 1000, 50_000: 3000, 500_000: 5000}
"""Subwords of each language for fewer pairs than these."""
MOST_VOCABULARY = 8000
MIN_ROWS = 500
HELD_OUT = 2000
"""Pairs of the test, or of the validation, of a large corpus; at most a tenth of a small one."""
MOST_LABELS = 20
"""A column with no more distinct texts holds labels, not sentences."""


def detect(files: Sequence[InputFile]) -> Guess | None:
    """Take files for sentence pairs in two columns, or for two parallel files of equally many lines.

    Raises DataError if parallel files of splits have different directions.
    """
    if any(file.members or file.encoding != "utf-8" for file in files):
        return None
    parts = by_split([file.path for file in files])
    first = [file for file in files if not parts or file.path in parts["train"]]
    if len(first) == 2 and not any("\t" in line for file in first for line in file.head):
        require_one_direction(parts.items())
        return _parallel(first)
    table = Table.of(first[0])
    return None if table is None or len(first) > 1 else _columns(first[0], table)


def _parallel(files: Sequence[InputFile]) -> Guess | None:
    source, target = files
    if len(source.lines) != len(target.lines) or source.text == target.text:
        return None
    words = [
        f"line n of {target.path.name} translates line n of {source.path.name}: {len(source.lines):,} lines"
    ]
    similar = source.path.stem == target.path.stem or source.path.suffix == target.path.suffix == ".txt"
    sides = [source.lines, target.lines]
    doubts = () if similar else ("the files are taken for parallel because they have equally many lines",)
    return _guess(LIKELY, "two parallel files", words, sides, {}, doubts)


def _columns(file: InputFile, table: Table) -> Guess | None:
    """Take two columns of sentences for pairs, those of numbers and of attributions left out."""
    texts = [i for i, name in enumerate(table.header) if _are_sentences(table.columns[name])]
    if len(texts) < 2 or _has_labels(table):
        return None
    if table.delimiter != "\t" and not file.name.lower().endswith(".csv"):
        return None
    source, target = texts[:2]
    values = {"data.source_column": source, "data.target_column": target}
    first_row = table.header if table.named else table.rows[0]
    named = is_header([first_row[i] for i in (source, target)])
    first = int(named and not table.named)
    sides = [table.columns[table.header[i]][first:] for i in (source, target)]
    reasons = [f"sentences in the columns {source} and {target}, counted from 0"]
    if len(table.header) > 2:
        reasons.append("other columns, such as numbers and attributions, are not used")
    doubts: tuple[str, ...] = ()
    if named:
        reasons.append("line 1 names the columns, and is left out")
    elif table.named or not table.sure:
        doubts = (f"line 1 is taken for a pair: {quoted(file.head[0])}; delete it if it names the columns",)
    return _guess(LIKELY if doubts else CERTAIN, "sentence pairs", reasons, sides, values, doubts)


def _has_labels(table: Table) -> bool:
    return len(table.header) == 2 and any(few_values(cells, MOST_LABELS) for cells in table.columns.values())


def _are_sentences(cells: Sequence[str]) -> bool:
    """Return whether most cells have two words, or are in a script without spaces, and they seldom repeat."""
    if are_numbers(cells) or len({*cells}) * 4 < len(cells):
        return False
    if sum(any(word in cell.lower() for word in ATTRIBUTION) for cell in cells) > len(cells) / 2:
        return False
    texts = [cell for cell in cells if " " in cell.strip() or share_of(UNSPACED + HANGUL, cell) > 0.5]
    return 2 * len(texts) > len(cells)


def _guess(
    confidence: float,
    what: str,
    reasons: Sequence[str],
    sides: Sequence[Sequence[str]],
    values: Mapping[str, Any],
    doubts: tuple[str, ...],
) -> Guess:
    """Add the sizes that fit the number of pairs."""
    pairs = len(sides[0])
    share = round(max(0.001, min(0.1, HELD_OUT / pairs)), 4)
    longest = max(len(text) for side in sides for text in side)
    sizes = {
        "data.vocabulary": next(
            (size for most, size in VOCABULARIES.items() if pairs < most), MOST_VOCABULARY
        ),
        "data.joint": False,
        "data.validation_share": share,
        "data.test_share": share,
        "data.max_length": 1000 if longest <= 1000 else -(-longest // 1000) * 1000,
        "data.min_rows": min(MIN_ROWS, max(1, pairs // 2)),
    }
    if pairs < MIN_ROWS:
        doubts = (*doubts, f"{pairs} pairs are few to learn a language from (data.min_rows is lowered)")
    return Guess(confidence, what, (*reasons, f"{pairs:,} pairs"), {**values, **sizes}, doubts)
