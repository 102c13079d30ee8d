"""Whether files hold running text, and the settings that read it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqops.inspection.annotation import annotation
from seqops.inspection.files import InputFile
from seqops.inspection.guess import POSSIBLE, UNLIKELY, Guess
from seqops.inspection.tables import Table

LONG, MIN_CHARS = 1_000_000, 10_000
"""Characters from which rarer ones are unknown, and below which a text is short."""


WORD = re.compile(r"[^\W\d_]+")
STRUCTURED = re.compile(r"\.(csv|tsv|json|jsonl|xml|tmx|html?)(\.gz)?$", re.IGNORECASE)
"""Ends of the names of files that hold records, not text to read."""


def detect(files: Sequence[InputFile]) -> Guess | None:
    """Take files for running text: nothing shows it but words, so other tasks come first."""
    if any(file.members or _is_structured(file) for file in files):
        return None
    encodings = {file.encoding for file in files}
    if len(encodings) > 1:
        return None
    encoding, characters = encodings.pop(), sum(len(file.text) for file in files)
    lines = [line for file in files for line in file.head]
    if not any(len(WORD.findall(line)) > 2 for line in lines):
        return None
    tables = [table for file in files if (table := Table.of(file))]
    tabular = 2 * sum("\t" in line for line in lines) > len(lines) or any(
        table.delimiter == "\t" or (table.named and table.sure) for table in tables
    )
    values = {
        "data.encoding": encoding,
        "data.section": "",
        "data.min_count": 5 if characters >= LONG else 2,
        "data.min_chars": min(MIN_CHARS, characters // 2),
    }
    doubts = []
    if characters < MIN_CHARS:
        doubts.append(f"{characters:,} characters are few to learn from (data.min_chars is lowered)")
    if len(files) == 2 and all("\t" not in line for line in lines):
        first, second = (len(file.lines) for file in files)
        if first != second:
            doubts.append(
                f"the files have {first:,} and {second:,} lines and are taken for one text; parallel files "
                "have equally many"
            )
    if encoding == "windows-1252":
        doubts.append("the text is not UTF-8; windows-1252 is a guess")
    reasons = (f"{characters:,} characters of text in {encoding}",)
    annotated = any(annotation(file)[0] for file in files)
    return Guess(
        UNLIKELY if tabular or annotated else POSSIBLE, "running text", reasons, values, tuple(doubts)
    )


def _is_structured(file: InputFile) -> bool:
    """Return whether a file is called as records are, or begins as XML does."""
    return STRUCTURED.search(file.path.name) is not None or file.text.lstrip().startswith("<?xml")
