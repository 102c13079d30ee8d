"""The pairs of a word and a word near it that skip-gram learns from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
WINDOW = 5
"""Words on each side that may be near; of each word a number from 1 to this is drawn."""
FREQUENT = 1e-3
"""Share of all words from which on occurrences of a word are left out at random."""


def keep_chances(counts: Ints) -> npt.NDArray[np.float64]:
    """Return the chance that an occurrence of each word is kept: (V,); counts: occurrences (V,).

    sqrt(t / f), at most 1, for a word of share f. Source: Mikolov et al. 2013, section 2.3.
    """
    chances: npt.NDArray[np.float64] = np.minimum(1.0, np.sqrt(FREQUENT * counts.sum() / counts))
    return chances


def pairs(
    rows: Sequence[Ints], chances: npt.NDArray[np.float64], random: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw the pairs of an epoch, in random order: ids of the words and of those near them, (P,) each.

    rows: ids of the words of each text; chances: as `keep_chances` returns them. Words that are left out
    are no words between others, and no pair crosses the end of a row.
    """
    ids = np.concatenate(rows)
    row = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    kept = random.random(len(ids)) < chances[ids]
    ids, row = ids[kept], row[kept]
    reach = random.integers(1, WINDOW + 1, len(ids))
    words, near = [], []
    for distance in range(1, min(WINDOW, len(ids) - 1) + 1):
        left = np.flatnonzero(row[:-distance] == row[distance:])
        right = left + distance
        for word, other in ((left, right), (right, left)):
            reached = reach[word] >= distance
            words.append(ids[word[reached]])
            near.append(ids[other[reached]])
    if not words:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = random.permutation(sum(map(len, words)))
    return np.concatenate(words)[order], np.concatenate(near)[order]
