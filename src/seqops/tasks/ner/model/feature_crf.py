"""Linear-chain CRF (Lafferty, McCallum and Pereira 2001) over features of tokens, by CRFsuite."""

from __future__ import annotations

import itertools
import math
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Split
from seqops.core.score import named
from seqops.preprocessing.morpheme_vectors import MorphemeVectors
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.data.features import MORPHEME, POS, WORD_POSITION, mask_digits
from seqops.tasks.ner.model.predictions import Tags, predictions

AFFIX = 4
"""Characters of the longest prefix and suffix."""
NEIGHBOURS = (-2, -1, 1, 2)
PENALTIES = ((0.02, 0.01), (0.1, 0.1), (0.3, 0.01))
"""Coefficients c1 and c2 of the L1 and the squared L2 norm of the weights; chosen on validation rows."""
ITERATIONS = 50
"""Steps of L-BFGS; on KLP, 60 to 100 change strict F1 by less than its interval."""
BORDER = "\n"
"""Stands for the places beyond a sentence; no token is a line break."""


@dataclass(frozen=True)
class FeatureCRF(ClassicalModel):
    """The CRF as the model of the task; a fitted one is the content of CRFsuite's file."""

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> bytes:
        """Fit to training sentences in the views trained on; choose the penalties by the goal.

        The goal scores the tags of the validation sentences' corpus tokens.
        """
        import pycrfsuite

        trainer = pycrfsuite.Trainer(verbose=False)
        for view in meta["views"]:
            tags = encoding.tags(splits["train"], view, meta)
            for sentence, truth in zip(sentences(splits["train"], view, meta), tags, strict=True):
                trainer.append(sentence, truth)
        best, chosen = -math.inf, b""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.crfsuite"
            for c1, c2 in PENALTIES:
                trainer.set_params({"c1": c1, "c2": c2, "max_iterations": ITERATIONS})
                trainer.train(str(path))
                model = path.read_bytes()
                predicted = self.validate(model, splits["validation"], meta)
                scores = metrics.score(predicted, splits["validation"], meta)
                score = named(scores, metrics.goal.metric).point()
                if not chosen or score > best:
                    best, chosen = score, model
        return chosen

    def predict(self, model: bytes, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag every view that the split has; see `predictions`."""
        views = [view for view in encoding.VIEWS["both"] if f"{view}_forms" in split.columns]
        return predictions(split, {view: tagged(model, sentences(split, view, meta)) for view in views})

    def validate(self, model: bytes, split: Split, meta: Meta) -> pd.DataFrame:
        """Tag the corpus tokens only."""
        return predictions(split, {"corpus": tagged(model, sentences(split, "corpus", meta))})

    def to_arrays(self, model: bytes) -> dict[str, Array]:
        """Return the bytes of the model."""
        return {"crfsuite": np.frombuffer(model, np.uint8)}

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> bytes:
        """Return the model of the bytes."""
        return arrays["crfsuite"].tobytes()


def tagged(model: bytes, rows: Any) -> Tags:
    """Tag sentences by a model."""
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(model)
    return [list(tagger.tag(row)) for row in rows]


def sentences(split: Split, view: str, meta: Meta) -> Any:
    """Yield the features of the tokens of each sentence as CRFsuite takes them."""
    import pycrfsuite

    return map(pycrfsuite.ItemSequence, features_of(split, view, meta))


def features_of(split: Split, view: str, meta: Meta) -> Iterator[list[list[str]]]:
    """Yield the features of the tokens of each sentence."""
    encoded = split.ragged(f"{view}_features")
    vectors = MorphemeVectors.from_meta(meta["vectors"]) if "vectors" in meta else None
    for row, forms in enumerate(encoding.forms(split, view)):
        pos = [meta["pos"][index] for index in encoded[row][:, POS]]
        clusters = vectors.clusters(encoded[row][:, MORPHEME]) if vectors else []
        yield features(forms, pos, encoded[row][:, WORD_POSITION].tolist(), clusters)


def features(
    forms: Sequence[str], pos: Sequence[str], positions: Sequence[int], clusters: Sequence[int] = ()
) -> list[list[str]]:
    """Return the features of each token: word, shape, affixes, part of speech and position, and neighbours.

    forms, pos: tokens and their parts of speech; positions: of each token in its space-separated word;
    clusters: of their vectors, which are features, too (Guo et al. 2014), or none.
    """
    words = [mask_digits(form) for form in forms]
    shapes = [shape(form) for form in forms]
    padded = {"w": _padded(words), "p": _padded(pos)}
    meanings = _padded([str(cluster) for cluster in clusters]) if clusters else []
    return [
        [
            "bias",
            f"s={shapes[i]}",
            f"at={positions[i]}",
            f"w={word}",
            f"p={pos[i]}",
            f"w|p={word}|{pos[i]}",
            f"p|at={pos[i]}|{positions[i]}",
            *_affixes(word),
            *_neighbours(padded, i + len(NEIGHBOURS) // 2),
            *_meanings(meanings, pos[i], i + len(NEIGHBOURS) // 2),
        ]
        for i, word in enumerate(words)
    ]


def _affixes(word: str) -> list[str]:
    lengths = range(1, min(AFFIX, len(word)) + 1)
    return [affix for n in lengths for affix in (f"^{n}={word[:n]}", f"${n}={word[-n:]}")]


def _neighbours(padded: dict[str, list[str]], i: int) -> list[str]:
    """List the words and parts of speech around position `i`, and their pairs and triple."""
    words, pos = padded["w"], padded["p"]
    single = [f"{name}{d}={row[i + d]}" for name, row in padded.items() for d in NEIGHBOURS]
    pairs = [f"ww{d}={words[i + d]}|{words[i + d + 1]}" for d in (-1, 0)]
    pairs += [f"pp{d}={pos[i + d]}|{pos[i + d + 1]}" for d in (-2, -1, 0, 1)]
    return [*single, *pairs, f"ppp={pos[i - 1]}|{pos[i]}|{pos[i + 1]}"]


def _meanings(clusters: list[str], pos: str, i: int) -> list[str]:
    """List the clusters around position `i`, their pairs, and that of the token with its part of speech."""
    if not clusters:
        return []
    single = [f"c{d}={clusters[i + d]}" for d in (0, *NEIGHBOURS)]
    pairs = [f"cc{d}={clusters[i + d]}|{clusters[i + d + 1]}" for d in (-1, 0)]
    return [*single, *pairs, f"c|p={clusters[i]}|{pos}"]


def _padded(row: Sequence[str]) -> list[str]:
    border = [BORDER] * (len(NEIGHBOURS) // 2)
    return [*border, *row, *border]


def shape(form: str) -> str:
    """Return the kinds of a word's characters, each run once: `Lu Pd Nd` for `B-52`."""
    return " ".join(kind for kind, _ in itertools.groupby(map(unicodedata.category, form)))
