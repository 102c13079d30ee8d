"""Keys of running text: hashes of some of its byte windows, which an equal passage has wherever it stands."""

from __future__ import annotations

import numpy as np

from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.row_keys import KEYS, Hashes

WINDOW = 48
"""Bytes of a window, too long to be equal by chance."""
EVERY = 16
"""About one window in 16 is a key. Its hash decides, so that equal texts have the same keys."""


def with_keys(rows: Split) -> Split:
    """Add the keys of the running text in the column `text`, in which the rows follow each other."""
    text = rows.ragged("text")
    hashes = window_hashes(np.asarray(text.values))
    chosen = np.flatnonzero(hashes % np.uint64(EVERY) == 0)
    offsets = np.searchsorted(chosen, text.offsets)
    return Split({**rows.columns, KEYS: Ragged(hashes[chosen], offsets.astype(np.int64))})


def window_hashes(text: np.ndarray) -> Hashes:
    """Hash every window of a text of bytes, named by its first byte: (N - WINDOW + 1,), none if shorter."""
    number = max(len(text) - WINDOW + 1, 0)
    hashes = np.zeros(number, np.uint64)
    for step in range(WINDOW):
        hashes = hashes * np.uint64(0x100000001B3) + text[step : step + number]
    # mixed as in the finaliser of MurmurHash3, since the low bits depend on the last bytes alone
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(factor)
    return hashes ^ (hashes >> np.uint64(33))
