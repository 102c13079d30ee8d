"""Which text goes to which split, and which training texts keep their label."""

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
    """Return what two texts share that a person would call the same: no case, single blanks."""
    return " ".join(text.casefold().split())


def keys_of(table: pd.DataFrame) -> list[str]:
    """Write texts as `normalize_text` has them."""
    return [normalize_text(text) for text in table["text"]]


def assigned(table: pd.DataFrame, published: bool, test: float, validation: float, seed: int) -> Names:
    """Name the split of each row: (n,). Raises DataError where one would be empty.

    Rows of one group, or of one text where there are no groups, are drawn together; test and validation are
    shares of the groups, the latter of those that are not test. A text that stands in a held-out split is
    `unused` elsewhere, so that the held-out rows are whole and training knows none of them; an empty one is
    `unused` anywhere.
    """
    keys = keys_of(table)
    groups = [group or f"\n{key}" for group, key in zip(table["group"], keys, strict=True)]
    if published:
        if not table["published"].isin(("train", "test")).all():
            raise DataError("These files name no split of their own. Set data.split to grouped.")
        held = (table["published"] == "test").to_numpy(np.bool_)
    else:
        held = drawn(groups, test, seed)
    names = np.where(held, "test", "train").astype("<U10")
    rest = np.flatnonzero(~held)
    names[rest[drawn([groups[row] for row in rest], validation, seed + 1)]] = "validation"
    names = _apart(names, keys)
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


def _apart(names: Names, keys: Sequence[str]) -> Names:
    apart, column = names.copy(), np.array(keys, object)
    apart[column == ""] = "unused"
    for held, others in (("test", ("train", "validation")), ("validation", ("train",))):
        twice = np.isin(apart, others) & is_in(keys, column[apart == held])
        apart[twice] = "unused"
    return apart


def is_in(keys: Iterable[str], others: Iterable[str]) -> Mask:
    """Tell which keys are among the others: (n,)."""
    known = set(others)
    return np.array([key in known for key in keys], np.bool_)


def straddling(values: Sequence[str], split: Names) -> Mask:
    """Mark the rows whose value stands in two splits; no value, and unused rows, in none: (n,)."""
    table = pd.DataFrame({"value": list(values), "split": split})
    table = table[(table["value"] != "") & (table["split"] != "unused")]
    splits = table.groupby("value")["split"].nunique()
    twice = set(splits.index[splits > 1])
    used = split != "unused"
    mask: Mask = np.logical_and(used, [value in twice for value in values])
    return mask


def kept(labels: npt.NDArray[np.int32], max_labelled: int, seed: int) -> Mask:
    """Draw the `max_labelled` rows (0: all) that keep their label, by the shares of the classes: (n,).

    The rows of a smaller number are among those of a greater one, but for the rounding of shares.
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
