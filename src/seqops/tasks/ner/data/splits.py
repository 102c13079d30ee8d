"""Splits by document and text, and the split of the published results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.records import FILE
from seqops.preprocessing import near_duplicates, splitting
from seqops.preprocessing.named_splits import NAMED, named_or_drawn
from seqops.preprocessing.splitting import Mask, Names, normalize_text

Split = Literal["grouped", "sentences", "near", "published"]
DOCUMENT = "document"
"""The column of a table with the first text of the document of each sentence, if its file has any."""


def keys_of(texts: Iterable[str]) -> list[str]:
    """Return texts with single spaces; case matters to entities."""
    return [normalize_text(text, ignore_case=False) for text in texts]


def groups_of(table: pd.DataFrame) -> list[str]:
    """Return what each sentence depends on: its document, or without one, equal texts: (n,)."""
    texts = keys_of(table["text"])
    if DOCUMENT not in table:
        return texts
    known = table[DOCUMENT].notna()
    each = zip(known, table[DOCUMENT], texts, strict=True)
    return [f"document\n{document}" if has else text for has, document, text in each]


def assigned(table: pd.DataFrame, split: Split, test: float, validation: float, seed: int) -> Names:
    """Return the split of each sentence: (n,). Raises DataError if a split would be empty.

    Documents are drawn whole, but for the splits `sentences` and `published`; a sentence that is also in a
    held-out document is then `unused` elsewhere. With `near`, documents whose longest sentences are linked by
    near-duplicates are drawn together. Splits that `source` names are kept.
    """
    texts = keys_of(table["text"])
    groups = texts if split == "sentences" else groups_of(table)
    if split == "near":
        groups = near_duplicates.cluster_groups(groups, texts)
    if NAMED in table:
        return _required(named_or_drawn(table, groups, validation, seed + 1), groups, texts)
    if split == "published" and len(table) > 1:
        held, groups = draw_published(table, test, seed), texts
    else:
        held = splitting.draw_groups(groups, test, seed)
    names = splitting.assign_splits(held, groups, validation, seed + 1)
    if groups != texts:
        names = splitting.without_copies(names, texts)
    return _required(names, groups, texts)


def _required(names: Names, groups: Sequence[str], texts: Sequence[str]) -> Names:
    try:
        splitting.require_rows(names, "sentences")
    except DataError as error:
        if (documents := len({*groups})) < len({*texts}):
            hint = f"{documents} documents or clusters are drawn; data.split: sentences draws each sentence."
            raise DataError(f"{error} {hint}") from None
        raise
    return names


def draw_published(table: pd.DataFrame, share: float, seed: int) -> Mask:
    """Draw rows as `train_test_split(test_size=share, random_state=seed)` does: (n,).

    Raises DataError for rows of several files.
    """
    if FILE in table:
        raise DataError(
            "data.split: published draws the test rows from one file, and there are several. Name the "
            "file of each split: `source: {train: ..., test: ...}`; or set data.split to grouped."
        )
    from sklearn.model_selection import train_test_split

    _, drawn = train_test_split(np.arange(len(table)), test_size=share, random_state=seed)
    mask = np.zeros(len(table), np.bool_)
    mask[drawn] = True
    return mask
