"""Split of sentences, and sentences that occur in two splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]


def normalize_text(text: str) -> str:
    """Return a text with single spaces; texts that are equal then count as the same."""
    return " ".join(text.split())


def published(texts: Sequence[str], share: float, seed: int) -> Mask:
    """Draw rows as `train_test_split(test_size=share, random_state=seed)` does: (n,)."""
    from sklearn.model_selection import train_test_split

    _, rows = train_test_split(np.arange(len(texts)), test_size=share, random_state=seed)
    drawn = np.zeros(len(texts), np.bool_)
    drawn[rows] = True
    return drawn


def grouped(texts: Sequence[str], share: float, seed: int) -> Mask:
    """Draw about `share` of the rows, all rows of one text together: (n,)."""
    codes, groups = pd.factorize(np.array([normalize_text(text) for text in texts], object))
    drawn = np.random.default_rng(seed).permutation(len(groups))[: max(1, round(share * len(groups)))]
    return np.isin(codes, drawn)


def is_in(texts: Iterable[str], others: Iterable[str]) -> Mask:
    """Return which texts occur among the others: (n,)."""
    known = {normalize_text(text) for text in others}
    return np.array([normalize_text(text) in known for text in texts], np.bool_)
