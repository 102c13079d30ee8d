"""Whether files hold sentences with marked entities, and the settings that read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

from seqops.core.errors import DataError
from seqops.inspection.files import InputFile
from seqops.inspection.guess import CERTAIN, LIKELY, Guess
from seqops.preprocessing.scripts import HANGUL, are_characters, is_unspaced, share_of
from seqops.preprocessing.tag_schemes import is_tag
from seqops.tasks.ner.data import reader
from seqops.tasks.ner.data.sentence import Sentence
from seqops.tasks.ner.data.splits import FEW_DOCUMENTS

TAGGED = 0.95
"""Share of the lines of a file of columns that end in a tag."""
FEW_SENTENCES = 5000
"""Sentences below which a word that occurs once is known, too."""
LAYOUTS: Mapping[str, str] = {
    "klp": "`;` before texts, `$` before annotated texts, and a line for each token",
    "conll": "a token on each line, its tag in the last column, and blank lines between sentences",
}
Layout = Literal["klp", "conll"]


def detect(files: Sequence[InputFile]) -> Guess | None:
    """Take files for sentences in the KLP layout, or in columns whose last one holds tags."""
    if any(file.members or file.encoding != "utf-8" for file in files):
        return None
    layout = _layout(files[0])
    if layout is None:
        return None
    try:
        sentences = {file.path: reader.sentences(file.path, layout) for file in files}
    except DataError as error:
        doubt = (str(error),)
        return Guess(LIKELY, "sentences with entities", (LAYOUTS[layout],), {"data.layout": layout}, doubt)
    documents = {text for found in sentences.values() for text in reader.documents(found).values()}
    return _guess(layout, [sentence for found in sentences.values() for sentence in found], len(documents))


def _layout(file: InputFile) -> Layout | None:
    head = file.head
    if head and head[0].startswith(";") and any(line.startswith("$") for line in head[:3]):
        return "klp"
    # a token may be a space
    rows = [re.split("[\t ]+", line.rstrip()) for line in head if not line.startswith("#")]
    tagged = [row for row in rows if len(row) > 1 and is_tag(row[-1])]
    outside = [row for row in tagged if row[-1] == "O"]
    marked = len(tagged) - len(outside)
    return "conll" if rows and marked and len(tagged) >= TAGGED * len(rows) else None


def _guess(layout: Layout, sentences: Sequence[Sentence], documents: int) -> Guess:
    types = Counter(tag[2:] for sentence in sentences for tag in sentence.tags if tag[:2] in ("B-", "B_"))
    tokens = [sentence.tokens for sentence in sentences]
    schemes = [name for name, _ in groupby(sorted(sentence.scheme for sentence in sentences))]
    tokenizer = _tokenizer(layout, sentences)
    longest = max(map(len, tokens))
    values: dict[str, Any] = {
        "data.layout": layout,
        "data.types": [kind for kind, _ in types.most_common()],
        "data.split": "documents" if documents >= FEW_DOCUMENTS else "grouped",
        "data.tokenizer": tokenizer,
        "data.tokens": "corpus" if are_characters(tokens) else "both",
        "data.min_count": 1 if len(sentences) < FEW_SENTENCES else 2,
        "data.max_length": max(1000, -(-longest // 1000) * 1000),
    }
    counts = ", ".join(f"{kind} {count:,}" for kind, count in types.most_common(12))
    reasons = [
        LAYOUTS[layout],
        f"{len(sentences):,} sentences; entities: {counts}",
        f"tags in {', '.join(schemes)}",
        f"raw text is divided by {tokenizer} (data.tokenizer)",
    ]
    if documents:
        drawn = "drawn whole" if documents >= FEW_DOCUMENTS else "too few to be drawn whole"
        reasons.append(f"{documents:,} document{'s' * (documents > 1)}: {drawn} (data.split)")
    return Guess(CERTAIN, "sentences with entities", tuple(reasons), values)


def _tokenizer(layout: Layout, sentences: Sequence[Sentence]) -> str:
    """Return what divides raw text most as the corpus is divided."""
    tokens = [sentence.tokens for sentence in sentences]
    if are_characters(tokens) or is_unspaced(tokens):
        return "character"
    korean = share_of(HANGUL, " ".join(sentence.text for sentence in sentences[:200])) > 0.5
    with_pos = all(any(sentence.pos) for sentence in sentences)
    return "kiwi" if korean and (layout == "klp" or with_pos) else "whitespace"
