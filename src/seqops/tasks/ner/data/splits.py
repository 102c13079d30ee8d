"""Splits by document and text, and the split of the published results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.records import FILE
from seqops.preprocessing import near_duplicates, splitting
from seqops.preprocessing.named_splits import NAMED
from seqops.preprocessing.splitting import Mask, Names, normalize_text

Split = Literal["grouped", "documents", "near", "published"]
FEW_DOCUMENTS = 30
"""Documents below which a split may well have none."""
DOCUMENT = "document"
"""The column of a table with the hash of the text of each sentence's document, if its files have any."""


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


def units_of(table: pd.DataFrame) -> list[str]:
    """Return what each sentence is resampled with: `groups_of`, or equal texts if all are one document."""
    groups = groups_of(table)
    return groups if len({*groups}) > 1 else keys_of(table["text"])


def assigned(table: pd.DataFrame, split: Split, test: float, validation: float, seed: int) -> Names:
    """Return the split of each sentence: (n,). Raises DataError if a split would be empty.

    Sentences of one text are drawn together; with `near`, clusters of near-duplicates, too. With `documents`,
    whole documents are drawn, and a sentence that is also in a held-out one is `unused` elsewhere. Splits
    that `source` names are kept; validation rows are drawn from the training files if none is named for them.
    """
    texts = keys_of(table["text"])
    if NAMED in table and "validation" in table[NAMED].to_numpy("<U10"):
        return _required(table[NAMED].to_numpy("<U10"))
    groups = _groups(table, texts, split)
    if NAMED in table:
        held = table[NAMED].to_numpy("<U10") == "test"
    elif split == "published" and len(table) > 1:
        held = draw_published(table, test, seed)
    else:
        held = splitting.draw_groups(groups, test, seed)
    names = splitting.assign_splits(held, groups, validation, seed + 1)
    if split == "documents":
        kept = held & (NAMED in table)
        names = np.where(kept, names, splitting.without_copies(np.where(kept, "kept", names), texts))
    return _required(names)


def _required(names: Names) -> Names:
    splitting.require_rows(names, "sentences")
    return names


def _groups(table: pd.DataFrame, texts: list[str], split: Split) -> list[str]:
    if split == "near":
        return near_duplicates.cluster_keys(texts)
    if split != "documents":
        return texts
    if DOCUMENT not in table:
        raise DataError(
            "data.split: documents, but the files have none: no -DOCSTART-, `# newdoc` or column with their "
            "names. Set data.split to grouped."
        )
    groups = groups_of(table)
    if (found := len({*groups})) < FEW_DOCUMENTS:
        raise DataError(
            f"{found} documents are too few to be drawn whole: at least {FEW_DOCUMENTS} are needed, so that "
            "each split has some. Set data.split to grouped, which draws sentences."
        )
    return groups


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
