"""Parallel files of which one lacks a line: from there on, lines translate a neighbour of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BLOCK, BLOCKS = 20, 3
"""Lines that are judged together, and such blocks, one after the other, that show it."""
SHIFTS = (-3, -2, -1, 1, 2, 3)
RATIO = 0.6
"""Difference of the lengths of shifted lines, of that of lines with one number, that shows it."""


def out_of_step(sources: Sequence[str], targets: Sequence[str]) -> tuple[int, int] | None:
    """Return the first line of a stretch out of step, and the line that translates it, both from 1; or None.

    A translation is about as long as its source (Gale and Church 1993): in such a stretch, the logarithms of
    the lengths of lines some numbers apart differ by much less than those of lines with one number.
    """
    source, target = _lengths(sources), _lengths(targets)
    together = np.abs(source - target)
    for shift in SHIFTS:
        rows = np.arange(max(0, -shift), len(source) - max(0, shift))
        apart = np.abs(source[rows] - target[rows + shift])
        blocks = len(rows) // BLOCK
        means = [
            part[: blocks * BLOCK].reshape(blocks, BLOCK).mean(axis=1) for part in (apart, together[rows])
        ]
        closer = means[0] < RATIO * means[1]
        for block in range(blocks - BLOCKS + 1):
            if closer[block : block + BLOCKS].all():
                line = int(rows[block * BLOCK]) + 1
                return line, line + shift
    return None


def _lengths(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    found = np.log1p([len(text) for text in texts])
    return np.asarray(found - found.mean())
