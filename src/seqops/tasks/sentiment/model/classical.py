"""Classical models of the sentiment task, which are also its baselines: linear classifiers of n-grams.

They are fitted to labelled training texts and read the texts themselves, so no setting of a network's input
limits them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Ragged, Split
from seqops.core.score import named
from seqops.metrics.class_predictions import predictions
from seqops.metrics.label_decision import LabelDecision
from seqops.nn.temperature_scaling import fit_temperature
from seqops.tasks.sentiment.data.encoding import labelled
from seqops.tasks.sentiment.model import linear
from seqops.tasks.sentiment.model.linear import Ids, LinearClassifier
from seqops.tasks.sentiment.model.ngrams import Matrix, Terms, stacked

ClassicalKind = Literal["tfidf_logistic", "nb_logistic", "linear_svm"]
Goal = Callable[[pd.DataFrame], float]
"""A score of predictions of the labelled validation rows; higher is better."""
Inputs = tuple[tuple[Terms, ...], Matrix, Matrix]
"""N-grams, and their weights in the training and in the validation texts."""
ORDERS = (2, 3)
"""Words of the longest n-gram."""
WEIGHTS = (None, "balanced")
"""Weights of the classes: equal for each row, or equal for each class in total."""
STRENGTHS = {"tfidf_logistic": (1.0, 10.0, 100.0), "nb_logistic": (0.1, 1.0), "linear_svm": (0.1, 1.0)}
"""Inverse regularisation strengths (C of scikit-learn); all of these are chosen on validation rows."""
FITS = {
    "tfidf_logistic": linear.softmax_regression,
    "nb_logistic": linear.nb_regression,
    "linear_svm": linear.svm,
}


@dataclass(frozen=True)
class LabelledTexts:
    """The labelled training and validation rows; their n-grams are counted once for all kinds of model."""

    train: Split
    validation: Split

    @classmethod
    def of(cls, splits: Mapping[str, Split]) -> LabelledTexts:
        """Return the labelled rows of encoded splits."""
        return cls(labelled(splits["train"]), labelled(splits["validation"]))

    @property
    def labels(self) -> tuple[Ids, Ids]:
        """The labels of the training and of the validation rows."""
        train, validation = (np.asarray(p.plain("label"), np.int64) for p in (self.train, self.validation))
        return train, validation

    @cached_property
    def _words(self) -> tuple[Terms, Matrix, Matrix]:
        return self._counted(characters=False)

    def _counted(self, characters: bool) -> tuple[Terms, Matrix, Matrix]:
        terms, counts = Terms.counted(self.train.ragged("texts").texts(), characters)
        return terms, counts, terms.counts(self.validation.ragged("texts").texts())

    def words(self, order: int, idf: bool) -> Inputs:
        """Return the n-grams of at most `order` words, weighted by TF-IDF or by presence."""
        terms, *counts = self._words
        kept, columns = terms.up_to(order)
        return _weighted(kept, [part[:, columns] for part in counts], idf)

    def words_and_characters(self) -> Inputs:
        """Return TF-IDF of words and word pairs beside that of 2 to 5 characters inside words."""
        terms, *counts = self._counted(characters=True)
        both = self.words(2, idf=True), _weighted(terms, counts, idf=True)
        blocks, train, validation = zip(*both, strict=True)
        return sum(blocks, ()), stacked(train), stacked(validation)


def _weighted(terms: Terms, counts: list[Matrix], idf: bool) -> Inputs:
    terms = terms.with_idf(counts[0]) if idf else terms
    train, validation = (terms.weighted(part) for part in counts)
    return (terms,), train, validation


@dataclass(frozen=True)
class TextClassifier(ClassicalModel):
    """A linear classifier of n-grams.

    kind: `tfidf_logistic`, `nb_logistic` (Wang and Manning 2012) or `linear_svm`.
    """

    kind: ClassicalKind

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> LinearClassifier:
        """Fit to labelled training texts; choose n-grams, strength and class weights by the goal."""
        texts = LabelledTexts.of(splits)
        return self.fit_to(texts, goal_of(metrics, texts.validation, meta), meta)

    def fit_to(self, texts: LabelledTexts, goal: Goal, meta: Meta) -> LinearClassifier:
        """Fit with all choices; return the first that is best by the goal on validation rows."""
        truth, held_out = texts.labels
        classes, decision = len(meta["labels"]), LabelDecision.of_meta(meta)
        if len(np.unique(truth)) < 2:
            return _constant(truth, classes)

        def scored(model: LinearClassifier, validation: Matrix) -> tuple[float, LinearClassifier]:
            probabilities = model.probabilities(validation)
            decided = replace(model, offsets=decision.offsets(probabilities, held_out))
            return goal(predictions(probabilities, decided.labels(probabilities))), decided

        fits = (scored(*fitted) for fitted in self._candidates(texts, classes))
        return max(fits, key=lambda each: each[0])[1]

    def _candidates(self, texts: LabelledTexts, classes: int) -> Iterator[tuple[LinearClassifier, Matrix]]:
        truth, held_out = texts.labels
        present = np.unique(truth)
        separate = self.kind == "nb_logistic" and len(present) > 2
        for blocks, train, validation in self._inputs(texts):
            for choice in itertools.product(STRENGTHS[self.kind], WEIGHTS):
                fitted = FITS[self.kind](train, truth, *choice)
                model = LinearClassifier(blocks, *fitted, present, classes, separate=separate)
                if self.kind == "linear_svm":
                    model = _with_temperature(model, validation, held_out)
                yield model, validation

    def _inputs(self, texts: LabelledTexts) -> Iterator[Inputs]:
        if self.kind == "linear_svm":
            yield texts.words_and_characters()
        else:
            yield from (texts.words(order, idf=self.kind == "tfidf_logistic") for order in ORDERS)

    def predict(self, model: LinearClassifier, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict `label`, the index by `data.decision`, and `probabilities` of all."""
        probabilities = model.probabilities(model.matrix(split.ragged("texts").texts()))
        return predictions(probabilities, model.labels(probabilities))

    def to_arrays(self, model: LinearClassifier) -> dict[str, Array]:
        """Return the n-grams as UTF-8 bytes, their weights, and the coefficients."""
        arrays: dict[str, Array] = {
            "coefficients": model.coefficients,
            "intercepts": model.intercepts,
            "present": model.present,
            "temperature": np.array(model.temperature),
            "separate": np.array(model.separate),
            "label_offsets": np.zeros(model.classes) if model.offsets is None else model.offsets,
        }
        for place, block in enumerate(model.blocks):
            names = Ragged.from_texts(block.names)
            arrays[f"terms.{place}"], arrays[f"offsets.{place}"] = names.values, names.offsets
            arrays[f"characters.{place}"] = np.array(block.characters)
            if block.idf is not None:
                arrays[f"idf.{place}"] = block.idf
        return arrays

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> LinearClassifier:
        """Return the classifier of the arrays."""
        blocks = []
        for place in range(sum(name.startswith("terms.") for name in arrays)):
            names = Ragged(arrays[f"terms.{place}"], arrays[f"offsets.{place}"]).texts()
            blocks.append(Terms(names, bool(arrays[f"characters.{place}"]), arrays.get(f"idf.{place}")))
        return LinearClassifier(
            blocks,
            arrays["coefficients"],
            arrays["intercepts"],
            arrays["present"],
            len(meta["labels"]),
            float(arrays["temperature"]),
            bool(arrays["separate"]),
            arrays["label_offsets"],
        )


def goal_of(metrics: Metrics, validation: Split, meta: Meta) -> Goal:
    """Return the task's goal as a function of predictions of labelled validation rows."""

    def goal(predicted: pd.DataFrame) -> float:
        scores = metrics.score(predicted, validation, meta)
        return named(scores, metrics.goal.metric).point()

    return goal


def _constant(truth: Ids, classes: int) -> LinearClassifier:
    """Return a classifier that always predicts the only class of the training rows."""
    none = Terms([])
    return LinearClassifier([none], np.zeros((0, 1)), np.zeros(1), np.unique(truth), classes)


def _with_temperature(model: LinearClassifier, validation: Matrix, labels: Ids) -> LinearClassifier:
    """Fit the temperature to the validation rows whose class training rows have."""
    known = np.isin(labels, model.present)
    if not known.any():
        return model
    places = np.searchsorted(model.present, labels[known])
    return replace(model, temperature=fit_temperature(model.margins(validation)[known], places))
