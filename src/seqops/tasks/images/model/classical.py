"""Classical models of the images task, which are also its baselines: classifiers of pixels."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Split
from seqops.metrics.class_predictions import Floats, Ids, predictions
from seqops.nn.temperature_scaling import fit_temperature, log_softmax
from seqops.tasks.images.data.encoding import labelled, standardised

ClassicalKind = Literal["logistic", "svm"]
ROWS = 1000  # of one prediction batch
ITERATIONS = 300  # of L-BFGS, at most
STRENGTHS: dict[ClassicalKind, tuple[float, ...]] = {"logistic": (0.01, 0.1, 1.0), "svm": (1.0, 10.0)}
"""Inverse regularisation strengths (C of scikit-learn); the best by the goal on validation rows is kept."""


SVM_PICTURES = 10_000
"""Training pictures of an SVM, at most: its time and memory grow with the square of their number."""


@dataclass(frozen=True)
class PixelScores:
    """One score a class: of pixels (logistic), or of their similarity to training pictures (svm).

    coefficients: (D, K) or (S, K); intercepts: (K,); support: (S, D), empty for a linear model; gamma: of
    the kernel exp(-gamma |x - s|^2); temperature: divides the scores.
    """

    coefficients: Floats
    intercepts: Floats
    support: Floats
    gamma: float
    temperature: float = 1.0

    def scores(self, x: Floats) -> Floats:
        """Return the undivided scores of pixels (n, D): (n, K)."""
        if not len(self.support):
            return np.asarray(x @ self.coefficients + self.intercepts, np.float64)
        similar = _kernel(x, self.support, self.gamma)
        return np.asarray(similar @ self.coefficients + self.intercepts, np.float64)


@dataclass(frozen=True)
class PixelClassifier(ClassicalModel):
    """A classifier of the pixels of a picture.

    kind: `logistic`, multinomial logistic regression, or `svm`, a support vector machine with an RBF kernel
    for each class against all others, which learns from `SVM_PICTURES` training pictures at most.
    """

    kind: ClassicalKind

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> PixelScores:
        """Fit to training pictures with every strength; keep the first that is best on validation rows."""
        train, validation = self.learnt_from(splits["train"]), labelled(splits["validation"])
        labels, held_out = (np.asarray(part.plain("label"), np.int64) for part in (train, validation))
        x, classes = _flat(train, meta), len(meta["labels"])
        if len(np.unique(labels)) < 2:
            return _constant(x, labels, classes)
        scored = []
        for fitted in self._fits(x, labels, classes):
            scores = fitted.scores(_flat(validation, meta))
            calibrated = replace(fitted, temperature=fit_temperature(scores, held_out))
            predicted = predictions(np.exp(log_softmax(scores / calibrated.temperature)))
            found = {score.name: score for score in metrics.score(predicted, validation, meta)}
            scored.append((found[metrics.goal.metric].point(), calibrated))
        return max(scored, key=lambda each: each[0])[1]

    def learnt_from(self, train: Split) -> Split:
        """Return the training pictures that the model is fitted to; those of an SVM are evenly spaced."""
        rows = labelled(train)
        if self.kind != "svm" or len(rows) <= SVM_PICTURES:
            return rows
        return rows.take(np.linspace(0, len(rows) - 1, SVM_PICTURES).astype(np.int64))

    def _fits(self, x: Floats, labels: Ids, classes: int) -> Iterator[PixelScores]:
        fits = _logistic if self.kind == "logistic" else _svm
        return fits(x, labels, classes, STRENGTHS[self.kind])

    def predict(self, model: PixelScores, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict `label`, the index of the most likely one, and `probabilities` of all."""
        parts = np.array_split(np.arange(len(split)), -(-len(split) // ROWS) or 1)
        scores = np.concatenate([model.scores(_flat(split.take(rows), meta)) for rows in parts])
        return predictions(np.exp(log_softmax(scores / model.temperature)))

    def to_arrays(self, model: PixelScores) -> Mapping[str, Array]:
        """Return the coefficients, and the training pictures that the kernel compares with."""
        return {name: np.asarray(value, np.float64) for name, value in asdict(model).items()}

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> PixelScores:
        """Return the classifier of the arrays."""
        numbers = {name: float(arrays[name]) for name in ("gamma", "temperature")}
        return PixelScores(arrays["coefficients"], arrays["intercepts"], arrays["support"], **numbers)


def _logistic(x: Floats, labels: Ids, classes: int, strengths: Sequence[float]) -> Iterator[PixelScores]:
    from sklearn.linear_model import LogisticRegression

    for strength in strengths:
        yield _regression(LogisticRegression(C=strength, max_iter=ITERATIONS), x, labels, classes)


def _regression(model: Any, x: Floats, labels: Ids, classes: int) -> PixelScores:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early regularises, too
        model.fit(x, labels)
    present = np.unique(labels)
    # of two classes, scikit-learn has the coefficients of the second alone
    of_present, biases = model.coef_, model.intercept_
    if len(present) == 2:
        of_present, biases = (np.concatenate([-part, part]) / 2 for part in (of_present, biases))
    coefficients, intercepts = np.zeros((x.shape[1], classes)), np.full(classes, biases.min() - 50.0)
    coefficients[:, present], intercepts[present] = of_present.T, biases
    return PixelScores(coefficients, intercepts, np.zeros((0, x.shape[1])), 0.0)


def _svm(x: Floats, labels: Ids, classes: int, strengths: Sequence[float]) -> Iterator[PixelScores]:
    from sklearn.svm import SVC

    gamma = 1 / x.shape[1]  # the pixels are standardised
    similar = _kernel(x, x, gamma)  # once for all strengths and classes
    for strength in strengths:
        coefficients, intercepts = np.zeros((len(x), classes)), np.full(classes, -1.0)
        for label in np.unique(labels):
            model = SVC(C=strength, kernel="precomputed").fit(similar, labels == label)
            coefficients[model.support_, label] = model.dual_coef_[0]
            intercepts[label] = model.intercept_[0]
        used = np.flatnonzero(np.any(coefficients != 0, axis=1))
        yield PixelScores(coefficients[used], intercepts, x[used], gamma)


def _kernel(x: Floats, other: Floats, gamma: float) -> Floats:
    """Return exp(-gamma |x - y|^2) of rows (n, D) and (m, D): (n, m)."""
    squares = (x**2).sum(1)[:, None] + (other**2).sum(1) - 2 * x @ other.T
    return np.asarray(np.exp(-gamma * np.maximum(squares, 0.0)), np.float64)


def _constant(x: Floats, labels: npt.NDArray[np.int64], classes: int) -> PixelScores:
    """Return a classifier that always predicts the only class of the training rows."""
    intercepts = np.where(np.arange(classes) == labels[0], 50.0, 0.0)
    return PixelScores(np.zeros((x.shape[1], classes)), intercepts, np.zeros((0, x.shape[1])), 0.0)


def _flat(split: Split, meta: Meta) -> Floats:
    """Return standardised pixels: (n, D)."""
    scaled = standardised(split.ragged("picture"), meta)
    return scaled.reshape(len(scaled), -1).astype(np.float64)
