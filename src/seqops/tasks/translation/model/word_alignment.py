"""Word alignment of sentence pairs by IBM Model 1, in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqops.preprocessing.vocabulary import index_of

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Links = set[tuple[int, int]]
NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True)
class Cooccurrences:
    """Every pair of a source and a target token of the same sentence pair, target token by target token.

    cell: index of the pair of words (N,); token: index of the target token (N,); position: of the source
    token in its sentence (N,); distance: between the relative positions of both tokens (N,).
    """

    source_words: list[str]
    target_words: list[str]
    cells: Ids
    cell: Ids
    token: Ids
    position: Ids
    distance: Floats

    @classmethod
    def of(cls, left: Sequence[list[str]], right: Sequence[list[str]]) -> Cooccurrences:
        """List the co-occurrences in tokenised sentence pairs; none of the sentences is empty."""
        source_words, target_words = _words(left), _words(right)
        source, target = _ids(left, source_words), _ids(right, target_words)
        widths = np.array([len(row) for row in left], np.int64)
        heights = np.array([len(row) for row in right], np.int64)
        width = np.repeat(widths, heights)  # source tokens beside each target token
        token = np.repeat(np.arange(len(target)), width)
        position = np.arange(len(token)) - np.repeat(np.cumsum(width) - width, width)
        start = np.repeat(np.cumsum(widths) - widths, heights)
        row = np.arange(len(target)) - np.repeat(np.cumsum(heights) - heights, heights)
        place = (row + 0.5) / np.repeat(heights, heights)
        codes = source[start[token] + position] * len(target_words) + target[token]
        cells, cell = np.unique(codes, return_inverse=True)
        distance = np.abs((position + 0.5) / width[token] - place[token])
        return cls(source_words, target_words, cells, cell.reshape(-1), token, position, distance)

    def probabilities(self, iterations: int, diagonal: float = 0.0) -> Floats:
        """Return the probability of the target word given the source word of each cell: (cells,).

        Expectation-maximisation of IBM Model 1 (Brown et al. 1993, section 4.1) without the empty word.
        diagonal: preference for tokens at the same relative position (Dyer et al. 2013, section 2); 0: none.
        """
        row, prior = self.cells // len(self.target_words), np.exp(-diagonal * self.distance)
        probability = np.ones(len(self.cells))
        for _ in range(iterations):
            weights = probability[self.cell] * prior
            shares = weights / np.bincount(self.token, weights)[self.token]  # posterior of each alignment
            counts = np.bincount(self.cell, shares, len(self.cells))
            probability = counts / np.bincount(row, counts)[row]
        return probability

    def best_positions(self, iterations: int, diagonal: float) -> Ids:
        """Return the position of the most likely source token of each target token, the first of equals."""
        if not len(self.token):
            return np.zeros(0, np.int64)
        weights = self.probabilities(iterations, diagonal)[self.cell] * np.exp(-diagonal * self.distance)
        starts = np.flatnonzero(np.diff(self.token, prepend=-1))
        best = np.flatnonzero(weights == np.maximum.reduceat(weights, starts)[self.token])
        return self.position[best[np.unique(self.token[best], return_index=True)[1]]]


def align(
    left: Sequence[list[str]], right: Sequence[list[str]], iterations: int, diagonal: float
) -> list[Links]:
    """Link the tokens of sentence pairs: sets of (source position, target position)."""
    forward = Cooccurrences.of(left, right).best_positions(iterations, diagonal).tolist()
    backward = Cooccurrences.of(right, left).best_positions(iterations, diagonal).tolist()
    links, i, j = [], 0, 0
    for a, b in zip(left, right, strict=True):
        to_source, to_target = forward[j : j + len(b)], backward[i : i + len(a)]
        links.append(symmetrised({(s, t) for t, s in enumerate(to_source)}, set(enumerate(to_target))))
        i, j = i + len(a), j + len(b)
    return links


def symmetrised(forward: Links, backward: Links) -> Links:
    """Grow the links of both directions by neighbours, then by words without a link.

    The heuristic grow-diag-final-and (Koehn et al. 2003, section 3.1; Koehn 2010, figure 4.13).
    """
    links, union = forward & backward, forward | backward
    sources, targets = {s for s, _ in links}, {t for _, t in links}

    def add(link: tuple[int, int]) -> None:
        links.add(link)
        sources.add(link[0])
        targets.add(link[1])

    queue = sorted(links)
    for s, t in queue:
        for ds, dt in NEIGHBOURS:
            new = (s + ds, t + dt)
            if new in union and new not in links and (new[0] not in sources or new[1] not in targets):
                add(new)
                queue.append(new)
    for link in sorted(union - links):
        if link[0] not in sources and link[1] not in targets:
            add(link)
    return links


def _words(texts: Iterable[Iterable[str]]) -> list[str]:
    return sorted({word for text in texts for word in text})


def _ids(texts: Sequence[list[str]], words: Sequence[str]) -> Ids:
    ids = index_of(words)
    return np.array([ids[word] for text in texts for word in text], np.int64)
