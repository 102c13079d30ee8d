"""Keys of equal sentences, and the split of the published results."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from seqops.preprocessing.splitting import Mask, normalize_text


def keys_of(texts: Iterable[str]) -> list[str]:
    """Return texts with single spaces; case matters to entities."""
    return [normalize_text(text, ignore_case=False) for text in texts]


def draw_published(rows: int, share: float, seed: int) -> Mask:
    """Draw rows as `train_test_split(test_size=share, random_state=seed)` does: (n,)."""
    from sklearn.model_selection import train_test_split

    _, drawn = train_test_split(np.arange(rows), test_size=share, random_state=seed)
    mask = np.zeros(rows, np.bool_)
    mask[drawn] = True
    return mask
