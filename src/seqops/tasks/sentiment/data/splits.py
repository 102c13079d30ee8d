"""Splits by group and text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from seqops.core.errors import DataError
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.named_splits import NAMED, named_or_drawn
from seqops.preprocessing.splitting import (
    Names,
    assign_splits,
    draw_groups,
    normalize_text,
    require_rows,
    without_copies,
)

Split = Literal["grouped", "near", "published"]


def keys_of(table: pd.DataFrame) -> list[str]:
    """Return the normalised texts."""
    return [normalize_text(text) for text in table["text"]]


def groups_of(table: pd.DataFrame) -> list[str]:
    """Return the group of each row; a row without one is in the group of its text."""
    return [group or f"\n{key}" for group, key in zip(table["group"], keys_of(table), strict=True)]


def assigned(table: pd.DataFrame, split: Split, test: float, validation: float, seed: int) -> Names:
    """Return the split of each row: (n,). Raises DataError if a split would be empty.

    Rows of one group, or of one text without a group, are drawn together; test and validation are shares
    of the groups, the latter of those that are not test. With `near`, groups whose longest texts are linked
    by near-duplicates are drawn together; shorter texts, such as phrases, may be too common for that. A text
    that occurs in a held-out split is `unused` elsewhere, so that held-out splits stay complete and training
    has none of their texts; an empty text is always `unused`. Splits that `source` names are kept.
    """
    keys = keys_of(table)
    groups = _clustered(groups_of(table), keys) if split == "near" else groups_of(table)
    if NAMED in table:
        names = named_or_drawn(table, groups, validation, seed + 1)
        return _required(without_copies(names, keys))
    if split == "published":
        published = table["published"].to_numpy("<U10")
        if not np.isin(published, ("train", "validation", "test")).all():
            raise DataError(
                "The files have no published split. Set data.split to grouped, or name the file of each "
                "split: `source: {train: ..., test: ...}`."
            )
        if "validation" in published:
            return _required(without_copies(published, keys))
        held = published == "test"
    else:
        held = draw_groups(groups, test, seed)
    return _required(without_copies(assign_splits(held, groups, validation, seed + 1), keys))


def _required(names: Names) -> Names:
    require_rows(names, "texts")
    return names


def _clustered(groups: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Name each row's group by the cluster of its longest text, the last by name of equally long ones."""
    longest: dict[str, str] = {}
    for group, key in zip(groups, keys, strict=True):
        if key:
            longest[group] = max(longest.get(group, ""), key, key=lambda text: (len(text), text))
    clusters = near_duplicates.cluster_keys(list(longest.values()))
    cluster = dict(zip(longest, clusters, strict=True))
    return [cluster.get(group, group) for group in groups]
