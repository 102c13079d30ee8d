"""Near-duplicates of pictures: small grey copies that differ in little but light and contrast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.preprocessing import near_duplicates
from seqops.preprocessing.splitting import Mask, Names
from seqops.tasks.images.data.pictures import SIGNATURE_SIDE

THRESHOLD = 0.995
"""Least correlation of the signatures of two near-duplicates."""
SLACK = 1e-4
"""By which a correlation in single precision may be too low."""
ROWS = 512
"""Signatures that are compared with others at once."""

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float64]


def flags(table: pd.DataFrame, names: Names) -> Mask:
    """Flag held-out pictures with an equal or nearly equal one in training; names: split of each (n,)."""
    code, _, signatures = _distinct(table)
    return near_duplicates.flagged(code, similar_pairs(signatures), names)


def cluster_keys(table: pd.DataFrame) -> list[str]:
    """Return the content hash of one picture of the cluster of each picture."""
    code, contents, signatures = _distinct(table)
    return near_duplicates.clustered(code, contents, similar_pairs(signatures))


def similar_pairs(signatures: Sequence[bytes]) -> Ids:
    """List all pairs whose signatures correlate by THRESHOLD or more: (p, 2), the first index is smaller.

    A signature without contrast correlates with none. Exact: the distance of two vectors of length 1 follows
    from their correlation, and is no shorter along a line, on which far ones are left out. The time grows
    with the square of the pictures.
    """
    vectors = _unit_vectors(signatures)
    kept = np.flatnonzero(vectors.any(1))
    along = vectors[kept] @ _widest_direction(vectors[kept])
    order = np.argsort(along, kind="stable")
    found = [np.zeros((0, 2), np.int64)]
    found += [kept[order][pairs] for pairs in _near_on_a_line(vectors[kept][order], along[order])]
    every = np.sort(np.concatenate(found), axis=1)
    return every[np.lexsort((every[:, 1], every[:, 0]))]


def _near_on_a_line(vectors: Vectors, along: Vectors) -> Iterator[Ids]:
    """Yield pairs (p, 2) of vectors, which are in the order of their places on a line."""
    reach = float(np.sqrt(2 - 2 * THRESHOLD)) + SLACK
    single = vectors.astype(np.float32)
    for start in range(0, len(vectors), ROWS):
        block = single[start : start + ROWS]
        end = int(np.searchsorted(along, along[start + len(block) - 1] + reach, side="right"))
        rows, columns = np.nonzero(block @ single[start:end].T >= THRESHOLD - SLACK)
        pairs = np.stack([rows, columns], axis=1)[rows < columns] + start
        correlation = np.einsum("pd,pd->p", vectors[pairs[:, 0]], vectors[pairs[:, 1]])
        yield pairs[correlation >= THRESHOLD - 1e-12]


def _widest_direction(vectors: Vectors) -> Vectors:
    """Return the direction (D,) in which the vectors are scattered most; any would do."""
    direction: Vectors = np.linalg.eigh(vectors.T @ vectors)[1][:, -1]
    return direction


def _unit_vectors(signatures: Sequence[bytes]) -> Vectors:
    """Return signatures without their mean, of length 1: (n, D); zeros where there is no contrast."""
    size = SIGNATURE_SIDE**2
    grey = np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, size).astype(np.float64)
    grey -= grey.mean(1, keepdims=True)
    length = np.linalg.norm(grey, axis=1, keepdims=True)
    vectors: Vectors = grey / np.where(length > 0, length, 1.0)
    return vectors


def _distinct(table: pd.DataFrame) -> tuple[Ids, list[str], list[bytes]]:
    """Number the different pictures: the number of each row (n,), their content hashes and signatures."""
    code, contents = pd.factorize(table["content"].to_numpy(object))
    first = np.unique(code, return_index=True)[1]
    return code.astype(np.int64), list(contents), list(table["signature"].iloc[first])
