"""Sentence pairs as rows of subwords; the keys that assign sources to splits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.named_splits import NAMED
from seqops.preprocessing.scripts import UNSPACED
from seqops.preprocessing.splitting import normalize_text
from seqops.preprocessing.subwords import END, Subwords

KNOWN_REFERENCE = "known_reference"
"""Column of a split, (n,) flags: a reference of the held-out source is the target of a training row."""
TOKENIZER = "bleu_tokenizer"
"""Entry of the meta: sacreBLEU's tokenizer of the target language, if it is not 13a."""
WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])\w)+|[^\w\s]")
"""A word or a punctuation mark; in scripts without spaces, a character."""


def split_words(text: str) -> list[str]:
    """Split a text into words and punctuation marks, in lower case."""
    return WORD.findall(text.lower())


def keys_of(table: pd.DataFrame) -> list[str]:
    """Normalise case and white space of the sources, so that trivial variants are equal."""
    return [normalize_text(text) for text in table["source"]]


def repeats(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark the pairs that occur before: (n,)."""
    return table.duplicated(["source", "target"]).to_numpy(np.bool_)


def has_known_target(table: pd.DataFrame, split: npt.NDArray[np.str_]) -> pd.Series:
    """Flag the held-out rows whose target is that of a training row; split: of each row (n,)."""
    targets = table["target"].map(normalize_text)
    known: pd.Series = targets.isin(targets[split == "train"]) & (split != "train")
    return known


def ids_of(subwords: Subwords, texts: Sequence[str]) -> Ragged:
    """Encode texts as ragged ids, END after each."""
    return Ragged.from_rows(([*row, END] for row in subwords.encode(texts)), np.int32)


def subwords_per_byte(ids: Ragged, texts: Ragged) -> npt.NDArray[np.float64]:
    """Return the number of subwords per byte of each text, without END: (n,)."""
    rates: npt.NDArray[np.float64] = (ids.lengths - 1) / np.maximum(texts.lengths, 1)
    return rates


def firsts_of(references: Iterable[str]) -> list[str]:
    """Return the first reference of each source; references: joined by line breaks."""
    return [text.split("\n")[0] for text in references]


def rows_of(sources: list[str], references: list[str], source: Subwords, target: Subwords) -> Split:
    """Encode one row per source; references: joined by line breaks, the first becomes `target`."""
    return Split(
        {
            "source": ids_of(source, sources),
            "target": ids_of(target, firsts_of(references)),
            "source_text": Ragged.from_texts(sources),
            "references": Ragged.from_texts(references),
        }
    )


def held_out(table: pd.DataFrame, source: Subwords, target: Subwords) -> Split:
    """Encode one row per source with its distinct references, in their original order.

    Of a split that `source` names, every line is a row.
    """
    if NAMED in table:
        return rows_of(list(table["source"]), list(table["target"]), source, target)
    groups: dict[str, tuple[str, dict[str, None]]] = {}
    for key, text, reference in zip(keys_of(table), table["source"], table["target"], strict=True):
        groups.setdefault(key, (text, {}))[1][reference] = None
    sources = [text for text, _ in groups.values()]
    references = ["\n".join(distinct) for _, distinct in groups.values()]
    return rows_of(sources, references, source, target)
