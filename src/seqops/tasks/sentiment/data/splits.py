"""Splits by group and text, and the training texts that keep their label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError

Mask = npt.NDArray[np.bool_]
Names = npt.NDArray[np.str_]
SPLITS = ("train", "validation", "test")


def normalize_text(text: str) -> str:
    """Normalise case and white space, so that trivial variants of a text are equal."""
    return " ".join(text.casefold().split())


def keys_of(table: pd.DataFrame) -> list[str]:
    """Return the normalised texts."""
    return [normalize_text(text) for text in table["text"]]


def assigned(table: pd.DataFrame, published: bool, test: float, validation: float, seed: int) -> Names:
    """Return the split of each row: (n,). Raises DataError if a split would be empty.

    Rows of one group, or of one text without a group, are drawn together; test and validation are shares
    of the groups, the latter of those that are not test. A text that occurs in a held-out split is `unused`
    elsewhere, so that held-out splits stay complete and training has none of their texts; an empty text is
    always `unused`.
    """
    keys = keys_of(table)
    groups = [group or f"\n{key}" for group, key in zip(table["group"], keys, strict=True)]
    if published:
        if not table["published"].isin(("train", "test")).all():
            raise DataError("The files have no published split. Set data.split to grouped.")
        held = (table["published"] == "test").to_numpy(np.bool_)
    else:
        held = drawn(groups, test, seed)
    names = np.where(held, "test", "train").astype("<U10")
    rest = np.flatnonzero(~held)
    names[rest[drawn([groups[row] for row in rest], validation, seed + 1)]] = "validation"
    names = _without_copies(names, keys)
    empty = [name for name in SPLITS if name not in names]
    if empty:
        raise DataError(
            f"{len(table)} texts are too few: none is left for {', '.join(empty)}. "
            "Give more, or change data.test and data.validation."
        )
    return names


def drawn(groups: Sequence[str], share: float, seed: int) -> Mask:
    """Draw about `share` of the groups, with all their rows: (n,)."""
    codes, distinct = pd.factorize(np.array(groups, object))
    chosen = np.random.default_rng(seed).permutation(len(distinct))[: max(1, round(share * len(distinct)))]
    return np.isin(codes, chosen)


def _without_copies(names: Names, keys: Sequence[str]) -> Names:
    kept_names, column = names.copy(), np.array(keys, object)
    kept_names[column == ""] = "unused"
    for held, others in (("test", ("train", "validation")), ("validation", ("train",))):
        twice = np.isin(kept_names, others) & is_in(keys, column[kept_names == held])
        kept_names[twice] = "unused"
    return kept_names


def is_in(keys: Iterable[str], others: Iterable[str]) -> Mask:
    """Return a mask of the keys that are among the others: (n,)."""
    known = set(others)
    return np.array([key in known for key in keys], np.bool_)


def straddling(values: Sequence[str], split: Names) -> Mask:
    """Return a mask (n,) of the rows whose value is in two splits; empty values and unused rows never are."""
    table = pd.DataFrame({"value": list(values), "split": split})
    table = table[(table["value"] != "") & (table["split"] != "unused")]
    splits = table.groupby("value")["split"].nunique()
    twice = set(splits.index[splits > 1])
    used = split != "unused"
    mask: Mask = np.logical_and(used, [value in twice for value in values])
    return mask


def kept(labels: npt.NDArray[np.int32], max_labelled: int, seed: int) -> Mask:
    """Draw the `max_labelled` rows (0: all) that keep their label, by the shares of the classes: (n,).

    Up to the rounding of shares, the rows of a smaller `max_labelled` are among those of a larger one.
    """
    if max_labelled == 0 or max_labelled >= len(labels):
        return np.ones(len(labels), np.bool_)
    order = np.random.default_rng(seed).permutation(len(labels))
    rank = np.empty(len(labels))
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        rank[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    mask = np.zeros(len(labels), np.bool_)
    mask[np.lexsort((order, rank))[:max_labelled]] = True
    return mask
