"""Cumulative sums: a step is labelled 1 once the running sum exceeds a quarter of the sequence's length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

UNIT = 10_000
"""Numbers are drawn in whole ten-thousandths, so that labels and files are exact."""
STEPS = 10
SEQUENCES = 1400
"""About 1,000 for training, as in the tutorial, the rest for validation and testing."""


def sums(count: int, shortest: int, longest: int, seed: int) -> bytes:
    """Generate `count` sequences of random numbers in [0, 1) as `sequence,value,label`, one row per step."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(shortest, longest + 1, count)
    lines = ["sequence,value,label"]
    for number, length in enumerate(lengths, 1):
        drawn = generator.integers(0, UNIT, length)
        lines += [f"{number},{x / UNIT:.4f},{y}" for x, y in zip(drawn, labels(drawn), strict=True)]
    return ("\n".join(lines) + "\n").encode("ascii")


def labels(drawn: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Label each step of a sequence in ten-thousandths: (T,)."""
    return (4 * np.cumsum(drawn) > len(drawn) * UNIT).astype(np.int64)


def cumsum() -> Mapping[str, bytes]:
    """Generate sequences of 5 to 15 steps: the label of a step depends on how many steps follow."""
    return {"cumsum.csv": sums(SEQUENCES, STEPS // 2, STEPS + STEPS // 2, seed=0)}


def cumsum_ten() -> Mapping[str, bytes]:
    """Generate sequences of 10 steps, as in the tutorial: the past alone determines every label."""
    return {"cumsum-ten.csv": sums(SEQUENCES, STEPS, STEPS, seed=0)}
