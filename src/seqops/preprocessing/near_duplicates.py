"""Near-duplicates of texts: sets of character trigrams whose Jaccard similarity is high."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Split
from seqops.preprocessing.row_keys import key_hashes
from seqops.preprocessing.splitting import Mask, Names, normalize_text

THRESHOLD = 0.8
"""Least Jaccard similarity of two near-duplicates."""
LEADING = 300
"""Characters of a text that are compared, so that the time does not depend on the length of long texts."""
SHARED = 3
"""Trigrams that the prefixes of two near-duplicates share, at least; larger sets share more."""
SHARED_SHARE = 0.05
"""Share of a set's trigrams that its prefix shares with that of a larger near-duplicate, at least."""
NEAR = "near"
"""Column of a split, (n,) flags: the held-out row has a near-duplicate in training."""
SLICE = "without near-duplicates"
WORK = 5_000_000
"""Shared trigrams counted at once, which bounds the memory."""

Ids = npt.NDArray[np.int64]


def flags(texts: Sequence[str], names: Names) -> Mask:
    """Flag held-out rows with an equal or nearly equal text in training; names: split of each row (n,)."""
    code, distinct = _distinct(texts)
    return flagged(code, similar_pairs(distinct), names)


def flagged(code: Ids, pairs: Ids, names: Names) -> Mask:
    """Flag held-out rows that equal, or form a pair with, an example in training; code: of each row (n,)."""
    taught = np.zeros(int(code.max(initial=-1)) + 1, np.bool_)
    taught[code[names == "train"]] = True
    near = taught.copy()
    near[pairs[taught[pairs[:, 1]], 0]] = True
    near[pairs[taught[pairs[:, 0]], 1]] = True
    flags: Mask = near[code] & np.isin(names, ("validation", "test"))
    return flags


def cluster_keys(texts: Sequence[str]) -> list[str]:
    """Return one normalised text of the cluster of each text, as `clustered` chooses it."""
    code, distinct = _distinct(texts)
    return clustered(code, distinct, similar_pairs(distinct))


def clustered(code: Ids, distinct: Sequence[str], pairs: Ids) -> list[str]:
    """Return one key of the cluster of each row; pairs link a cluster, also through others.

    code: the key of each row (n,), an index of the distinct ones. The key is that of the lowest hash, so that
    neither other clusters nor the order of rows matter, and a cluster of m keys that grows by one keeps its
    key with probability m / (m + 1).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = pairs.T
    links = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(len(distinct),) * 2)
    cluster = connected_components(links, directed=False)[1]
    lowest: dict[int, str] = {}
    for key in np.argsort(key_hashes(distinct), kind="stable"):
        lowest.setdefault(int(cluster[key]), distinct[key])
    return [lowest[int(number)] for number in cluster[code]]


def counts(checked: pd.DataFrame) -> dict[str, int]:
    """Count the flagged rows of each held-out split; checked: a table with the columns `split` and `near`."""
    return {
        f"{name} rows with a near-duplicate in training": int(checked[NEAR][checked["split"] == name].sum())
        for name in ("validation", "test")
    }


def with_flags(split: Split, near: Mask) -> Split:
    """Add the flags of near-duplicates to encoded rows."""
    return Split({**split.columns, NEAR: near})


def slices(truth: Split) -> Mapping[str, Mask]:
    """Select the rows without a near-duplicate in training."""
    return {SLICE: ~truth.plain(NEAR)}


def similar_pairs(texts: Sequence[str]) -> Ids:
    """List all pairs of texts with similarity THRESHOLD or more: (p, 2), the first index is smaller, sorted.

    Exact, by prefix filtering (Bayardo et al. 2007; the longer prefixes of Wang et al. 2012, section 3): with
    the rarest trigrams first, the prefixes of two near-duplicates share as many as `_shared` says of the
    smaller one, or are whole sets. The time grows with the pairs that share rare trigrams: a little faster
    than the number of short texts, with its square for random or long ones.
    """
    sets = _trigram_sets(texts)
    order = np.argsort(np.diff(sets.indptr), kind="stable")
    sets = sets[order]
    sizes = np.diff(sets.indptr)
    prefixes = _prefixes(sets, sizes)
    found = [np.zeros((0, 2), np.int64)]
    for first, last in _chunks(prefixes):
        # sets are in the order of their sizes, and a near-duplicate is at most 1 / THRESHOLD as large
        end = int(np.searchsorted(sizes, sizes[last - 1] / THRESHOLD + 1e-9, side="right"))
        shared = prefixes[first:last] @ prefixes[first:end].T
        rows = np.repeat(np.arange(last - first), np.diff(shared.indptr))
        after = np.flatnonzero(rows < shared.indices)
        rows, columns, data = rows[after] + first, shared.indices[after] + first, shared.data[after]
        needed = _overlap(sizes[rows], sizes[columns])
        shared_at_least = np.minimum(_shared(sizes[rows]), needed)
        possible = (data >= shared_at_least) & (sizes[rows] >= THRESHOLD * sizes[columns] - 1e-9)
        pairs = np.stack([rows[possible], columns[possible]], axis=1)
        found.append(pairs[_similar(sets, sizes, pairs)])
    every = np.sort(order[np.concatenate(found)], axis=1)
    return every[np.lexsort((every[:, 1], every[:, 0]))]


def _distinct(texts: Sequence[str]) -> tuple[Ids, list[str]]:
    code, distinct = pd.factorize(np.array([normalize_text(text) for text in texts], object))
    return code.astype(np.int64), list(distinct)


def _overlap(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the number of shared trigrams that near-duplicates of these sizes have at least."""
    needed: npt.NDArray[np.float64] = np.ceil(THRESHOLD / (1 + THRESHOLD) * (first + second) - 1e-9)
    return needed


def _shared(sizes: npt.NDArray[Any]) -> Ids:
    """Return the number of trigrams that the prefix of a set shares with that of a larger near-duplicate."""
    return np.maximum(SHARED, SHARED_SHARE * sizes).astype(np.int64)


def _trigram_sets(texts: Sequence[str]) -> Any:
    """Return the trigrams of each text as a sparse matrix (n, trigrams) of ones, rare trigrams first.

    A text of one or two characters is padded, so that it has one trigram; an empty one has none.
    """
    from scipy.sparse import csr_array

    padded = [text[:LEADING].ljust(3, "\n") if text else "" for text in texts]
    lengths = np.array([len(text) for text in padded], np.int64)
    letters = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    row = np.repeat(np.arange(len(texts)), lengths)
    inside = row[2:] == row[:-2]
    trigrams = ((letters[:-2] << 42) | (letters[1:-1] << 21) | letters[2:])[inside]
    distinct, code = np.unique(trigrams, return_inverse=True)
    cells = np.unique(row[2:][inside] * max(len(distinct), 1) + code)
    rows, columns = np.divmod(cells, max(len(distinct), 1))
    rank = np.empty(len(distinct), np.int64)
    rank[np.argsort(np.bincount(columns, minlength=len(distinct)), kind="stable")] = np.arange(len(distinct))
    ones = np.ones(len(cells), np.int32)
    sets = csr_array((ones, (rows, rank[columns])), shape=(len(texts), len(distinct)))
    sets.sort_indices()
    return sets


def _prefixes(sets: Any, sizes: npt.NDArray[Any]) -> Any:
    """Keep the rarest trigrams of each set, of which a near-duplicate shares some: see `_shared`."""
    from scipy.sparse import csr_array

    length = np.minimum(sizes, sizes - np.ceil(THRESHOLD * sizes - 1e-9).astype(np.int64) + _shared(sizes))
    position = np.arange(sets.nnz) - np.repeat(sets.indptr[:-1], sizes)
    kept = position < np.repeat(length, sizes)
    starts = np.concatenate([[0], np.cumsum(length)])
    return csr_array((sets.data[kept], sets.indices[kept], starts), shape=sets.shape)


def _chunks(prefixes: Any) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows that share at most about WORK trigrams with all rows."""
    frequency = np.bincount(prefixes.indices, minlength=prefixes.shape[1])
    work = np.concatenate([[0], np.cumsum(frequency[prefixes.indices])])[prefixes.indptr]
    first = 0
    while first < prefixes.shape[0]:
        last = int(np.searchsorted(work, work[first] + WORK, side="right")) - 1
        yield first, max(last, first + 1)
        first = max(last, first + 1)


def _similar(sets: Any, sizes: npt.NDArray[Any], pairs: Ids) -> Mask:
    """Return which pairs have the similarity THRESHOLD or more: (p,)."""
    found = [np.zeros(0, np.bool_)]
    step = max(1, WORK // (2 * LEADING))
    for start in range(0, len(pairs), step):
        rows, columns = pairs[start : start + step].T
        shared = sets[rows].multiply(sets[columns]).sum(axis=1)
        found.append(shared >= _overlap(sizes[rows], sizes[columns]))
    return np.concatenate(found)
