"""Random splits that keep equal examples together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError
from seqops.preprocessing.row_keys import Key, hash_fractions

Mask = npt.NDArray[np.bool_]
Names = npt.NDArray[np.str_]
SPLITS = ("train", "validation", "test")


def normalize_text(text: str, ignore_case: bool = True) -> str:
    """Normalise case and white space, so that trivial variants of a text are equal."""
    return " ".join((text.casefold() if ignore_case else text).split())


def group_codes(groups: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number the groups in the order of their first rows: (n,)."""
    return pd.factorize(np.array(groups, object))[0].astype(np.int64)


def draw_groups(groups: Sequence[Key], share: float, seed: int) -> Mask:
    """Draw about `share` of the distinct groups by a hash of their keys, with all their rows: (n,).

    Whether a group is drawn depends on nothing but its key and the seed: not on other rows, or their order.
    """
    return hash_fractions(groups, seed) < share


def assign_splits(test: Mask, groups: Sequence[Key], validation: float, seed: int) -> Names:
    """Return the split of each row: (n,); validation: share of the groups outside the test split."""
    drawn = draw_groups(groups, validation, seed)
    return np.select([test, drawn], ["test", "validation"], "train").astype("<U10")


def require_rows(names: Names, examples: str) -> None:
    """Raise DataError if a split has no rows; examples: what the rows are, such as `texts`."""
    empty = [name for name in SPLITS if name not in names]
    if empty:
        raise DataError(
            f"{len(names)} {examples} are too few: no rows for {', '.join(empty)}. "
            "Give more different ones (equal ones stay in one split), or change data.test, "
            "data.validation or data.seed."
        )


def rows_by_split(names: Names) -> dict[str, npt.NDArray[np.intp]]:
    """Return the rows of each split, in their order."""
    return {name: np.flatnonzero(names == name) for name in SPLITS}


def is_in(keys: Collection[Key], others: Iterable[str]) -> Mask:
    """Return a mask of the keys that are among the others: (n,)."""
    known = set(others)
    return np.array([key in known for key in keys], np.bool_)


def is_in_two_splits(keys: Sequence[str] | npt.NDArray[np.int64], names: Names) -> Mask:
    """Return a mask (n,) of the rows whose key is in two splits; empty keys and `unused` rows never are."""
    column = np.array(keys, object)
    used = pd.Series(names).where((names != "unused") & (column != ""))
    mask: Mask = (used.groupby(column).transform("nunique") > 1).to_numpy() & used.notna().to_numpy()
    return mask


def without_copies(names: Names, keys: Sequence[str]) -> Names:
    """Return the splits with `unused` for rows whose key a held-out split has, and for empty keys: (n,).

    A key of both held-out splits stays in the test split.
    """
    kept_names, column = names.copy(), np.array(keys, object)
    kept_names[column == ""] = "unused"
    for held, others in (("test", ("train", "validation")), ("validation", ("train",))):
        twice = np.isin(kept_names, others) & is_in(keys, column[kept_names == held])
        kept_names[twice] = "unused"
    return kept_names
