"""Whether files hold labelled texts, and the settings that read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from seqops.inspection.files import InputFile
from seqops.inspection.guess import CERTAIN, LIKELY, Guess
from seqops.inspection.tables import NUMBER, Table, are_numbers, few_values
from seqops.tasks.sentiment.data.reader import FOLDERS

MOST_LABELS = 30
LABEL = re.compile(
    r"(label|sentiment|class|category|target|polarity|rating|stars?|score|intent|topic|y|레이블|감성)s?", re.I
)
TEXT = re.compile(
    r"(text|sentence|review|comment|document|phrase|content|message|tweet|body|title|utterance|리뷰|문장)s?"
    r"([ _-]?(text|body))?",
    re.I,
)
GROUP = re.compile(
    r"(sentence|document|doc|review|user|author|thread|group|conversation|article)[ _-]?id", re.I
)
MIN_ROWS = 500
FEW_TEXTS = 1000
"""Texts below which a word that occurs once is known, too."""
MOST_WORDS = 400
RESET = {
    "data.names": [], "data.max_labelled": 0, "data.vectors": "", "data.lexicon": "", "data.pretrained": "",
    "data.lowercase": True, "data.group": "", "data.ordered": False, "data.split": "grouped",
}  # fmt: skip


def detect(files: Sequence[InputFile]) -> Guess | None:
    """Take files for labelled texts if a column has few values that repeat and another has texts."""
    first = files[0]
    if first.members:
        return _folders(first)
    tables = [Table.of(file) for file in files]
    if any(file.encoding != "utf-8" for file in files) or tables[0] is None:
        return None
    return _columns(tables[0], [table for table in tables if table])


def _folders(file: InputFile) -> Guess | None:
    """Find `<any>/<split>/<label>/<name>.txt` in an archive."""
    parts = [PurePosixPath(name).parts for name in file.members if name.endswith(".txt")]
    inside = [part for part in parts if len(part) > 2 and part[-3].lower() in FOLDERS]
    labelled = [(FOLDERS[part[-3].lower()], part[-2]) for part in inside]
    trained = Counter(label for split, label in labelled if split == "train" and label != "unsup")
    if len(trained) < 2:
        return None
    published = any(split == "test" for split, _ in labelled)
    values = {
        **RESET,
        "data.layout": "folders",
        "data.labels": sorted(trained),
        "data.split": "published" if published else "grouped",
        **_sizes(sum(trained.values()), []),
    }
    reasons = [f"an archive of folders named after labels: {', '.join(sorted(trained))}"]
    if published:
        held = ["test", *(["validation"] if any(split == "validation" for split, _ in labelled) else [])]
        reasons += [f"the folder {split} is the {split}" for split in held]
    return Guess(CERTAIN, "texts in folders", tuple(reasons), values)


def _columns(table: Table, every: Sequence[Table]) -> Guess | None:
    label = _label(table)
    text = _text(table, label)
    if label is None or text is None:
        return None
    cells = [cell for part in every if label in part.columns for cell in part.columns[label]]
    labels = few_values([cell for cell in cells if cell], MOST_LABELS)
    lines = table.delimiter == "\t" and not table.named and list(table.header) == [text, label]
    texts = table.columns[text]
    values = {
        **RESET,
        "data.layout": "lines" if lines else "table",
        **({} if lines else {"data.text": text, "data.label": label, "data.group": _group(table)}),
        "data.labels": labels,
        "data.ordered": _is_scale(labels),
        **_sizes(len(texts), texts),
    }
    counts = Counter(cells)
    shares = ", ".join(f"{name} {counts[name]:,}" for name in labels)
    reasons = [table.described, f"texts in column {text}, labels in column {label}: {shares}"]
    if group := values["data.group"]:
        reasons.append(f"rows of one {group} stay in one split")
    doubts = list(table.doubts)
    if len({label.lower() for label in labels}) < len(labels):
        doubts.append(f"labels differ only in case: {', '.join(labels)}; write each in one way")
    if len(texts) < MIN_ROWS:
        doubts.append(f"{len(texts)} texts are few to learn from (data.min_rows is lowered)")
    sure = table.named and LABEL.fullmatch(label) is not None
    return Guess(CERTAIN if sure else LIKELY, "labelled texts", tuple(reasons), values, tuple(doubts))


def _label(table: Table) -> str | None:
    """Return the column of labels: one that is called so, else the last or the first with few values."""
    few = [name for name, cells in table.columns.items() if few_values([c for c in cells if c], MOST_LABELS)]
    named = [name for name in few if table.named and LABEL.fullmatch(name)]
    whole = [name for name in few if not any(" " in cell for cell in table.columns[name])]
    at_ends = [name for name in (table.header[-1], table.header[0]) if name in (whole or few)]
    return next(iter([*named, *at_ends, *whole]), None)


def _text(table: Table, label: str | None) -> str | None:
    """Return the column of texts: one that is called so, else the one with the longest cells."""
    texts = [name for name, cells in table.columns.items() if name != label and _are_texts(cells)]
    named = [name for name in texts if table.named and TEXT.fullmatch(name)]
    return max(named or texts, key=lambda name: sum(map(len, table.columns[name])), default=None)


def _are_texts(cells: Sequence[str]) -> bool:
    spaced = sum(" " in cell for cell in cells)
    return not are_numbers(cells) and 2 * spaced > len(cells) and 2 * len({*cells}) > len(cells)


def _group(table: Table) -> str:
    """Return a column of numbers or names of what several rows belong to."""
    for name, cells in table.columns.items():
        if table.named and GROUP.fullmatch(name) and 1 < len({*cells}) < len(cells) and "" not in cells:
            return name
    return ""


def _is_scale(labels: Sequence[str]) -> bool:
    """Return whether three or more labels are whole numbers that follow each other."""
    if len(labels) < 3 or not all(
        NUMBER.fullmatch(label) and label.lstrip("+-").isdecimal() for label in labels
    ):
        return False
    numbers = [int(label) for label in labels]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) and len(numbers) <= 11


def _sizes(count: int, texts: Sequence[str]) -> Mapping[str, Any]:
    """Choose sizes that fit the number of texts and their lengths."""
    words = sorted(len(text.split()) for text in texts) or [MOST_WORDS]
    usual = words[int(0.95 * (len(words) - 1))]
    return {
        "data.min_count": 1 if count < FEW_TEXTS else 2,
        "data.max_length": min(MOST_WORDS, max(20, -(-usual // 20) * 20)),
        "data.min_rows": min(MIN_ROWS, max(1, count // 2)),
        "data.max_chars": max(100_000, -(-max(map(len, texts), default=0) // 100_000) * 100_000),
    }
