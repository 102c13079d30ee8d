"""Vectors of Korean morphemes from Kiwi's language model, and clusters of them.

Kiwi tells only the similarity of two morphemes, the inner product of their unit vectors. The similarities to
some hundred landmarks determine a vector up to a rotation, also of a morpheme never seen in training.
"""

from __future__ import annotations

import base64
import functools
import importlib.metadata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.errors import SeqopsError
from seqops.core.interfaces import Meta
from seqops.preprocessing.korean import kiwi, plain_jamo

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.integer[Any]]
MODEL = "kiwipiepy_model"
"""The package with the language model, whose vectors and numbers of morphemes change with its release."""
DIMENSION = 256
LANDMARKS = range(1, 641)
"""Numbers of the most frequent morphemes of Kiwi."""
MAX_CLUSTERS = 256
"""On KLP, 1,024 clusters, or clusters of three sizes together, serve the feature CRF no better."""
PER_CLUSTER = 8
"""Different morphemes of a training set for each cluster, at the least."""


@dataclass(frozen=True)
class MorphemeVectors:
    """Vectors of the morphemes that Kiwi numbers from 1; 0 stands for one that it has no vector of.

    basis: from similarities to the landmarks to vectors (L, D); centroids: of the clusters (K, D).
    """

    basis: npt.NDArray[np.float64]
    centroids: npt.NDArray[np.float64]
    known: dict[int, tuple[Floats, int]] = field(default_factory=dict, repr=False)

    @staticmethod
    def from_meta(meta: Meta) -> MorphemeVectors:
        """Read what `fit_vectors` returned. Raises SeqopsError for another release of Kiwi."""
        return _decoded(meta["kiwi"], meta["basis"], meta["centroids"])

    def of(self, morphemes: Ids) -> Floats:
        """Return the vectors, zeros for 0: (..., D)."""
        distinct, places = np.unique(morphemes, return_inverse=True)
        rows = [self._find(int(morpheme))[0] for morpheme in distinct]
        return np.stack(rows)[places.reshape(morphemes.shape)]

    def clusters(self, morphemes: Ids) -> list[int]:
        """Return the nearest centroid of each, from 1; 0 for 0."""
        return [self._find(int(morpheme))[1] for morpheme in morphemes]

    def _find(self, morpheme: int) -> tuple[Floats, int]:
        if morpheme not in self.known:
            self.known[morpheme] = self._compute(morpheme)
        return self.known[morpheme]

    def _compute(self, morpheme: int) -> tuple[Floats, int]:
        if morpheme == 0:
            return np.zeros(self.basis.shape[1], np.float32), 0
        vector = _similarities([morpheme], LANDMARKS)[0] @ self.basis
        distances = ((self.centroids - vector) ** 2).sum(1)
        return vector.astype(np.float32), 1 + int(distances.argmin())


def fit_vectors(morphemes: Iterable[int]) -> Meta:
    """Cluster the morphemes of a training set by K-means, each counted once, and fix the rotation.

    The number of clusters grows with that of the morphemes, up to `MAX_CLUSTERS`.
    """
    from sklearn.cluster import KMeans

    values, directions = np.linalg.eigh(_similarities(LANDMARKS, LANDMARKS))
    basis = directions[:, -DIMENSION:] / np.sqrt(values[-DIMENSION:])
    known = sorted(set(morphemes) - {0}) or [LANDMARKS[0]]
    vectors = _similarities(known, LANDMARKS) @ basis
    count = min(MAX_CLUSTERS, max(1, len(known) // PER_CLUSTER))
    labels = KMeans(count, n_init=1, random_state=0).fit_predict(vectors)
    centroids = np.stack([vectors[labels == label].mean(0) for label in np.unique(labels)])
    return {"kiwi": _release(), "basis": _encoded(basis), "centroids": _encoded(centroids)}


def number_morphemes(forms: Sequence[str], tags: Sequence[str]) -> list[int]:
    """Return Kiwi's number of each morpheme, or of its form under another tag; 0: it has no vector."""
    numbers = _numbers()
    return [numbers.get(tagged, numbers.get((tagged[0], ""), 0)) for tagged in zip(forms, tags, strict=True)]


@functools.cache
def _numbers() -> dict[tuple[str, str], int]:
    every = sorted(kiwi().most_similar_morphemes(0, top_n=1_000_000), key=lambda morpheme: morpheme.id)
    found: dict[tuple[str, str], int] = {}
    for morpheme in every:
        form = plain_jamo(morpheme.form)
        for tag in (morpheme.tag.split("-")[0], ""):
            found.setdefault((form, tag), morpheme.id + 1)
    return found


def _similarities(morphemes: Sequence[int], landmarks: Sequence[int]) -> npt.NDArray[np.float64]:
    similarity = kiwi().morpheme_similarity
    return np.array([[similarity(m - 1, landmark - 1) for landmark in landmarks] for m in morphemes])


def _release() -> str:
    return importlib.metadata.version(MODEL)


def _encoded(numbers: npt.NDArray[np.float64]) -> str:
    return base64.b64encode(numbers.astype("<f4").tobytes()).decode("ascii")


@functools.lru_cache(maxsize=2)
def _decoded(release: str, *tables: str) -> MorphemeVectors:
    if release != _release():
        raise SeqopsError(
            f"the vectors are those of {MODEL} {release}, and {_release()} is installed. "
            f"Install {MODEL}=={release}, or run the stages of the task again."
        )
    decoded = [np.frombuffer(base64.b64decode(table), "<f4").reshape(-1, DIMENSION) for table in tables]
    basis, centroids = (table.astype(np.float64) for table in decoded)
    return MorphemeVectors(basis, centroids)
