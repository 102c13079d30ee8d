"""Linear classifiers of n-grams: fits of one strength of regularisation, and probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from seqops.metrics.class_predictions import Floats
from seqops.metrics.label_decision import decide
from seqops.nn.temperature_scaling import log_softmax
from seqops.tasks.sentiment.model.ngrams import Matrix, Terms, Texts, stacked

Ids = npt.NDArray[np.int64]
Coefficients = tuple[Floats, Floats]
"""Coefficients (F, K) and intercepts (K,), for the K classes of the training rows in ascending order."""
ITERATIONS = 200


@dataclass(frozen=True)
class LinearClassifier:
    """Probabilities of classes from weighted n-grams.

    blocks: n-grams, whose columns follow each other; coefficients: (F, K); intercepts: (K,); present: the
    classes of the training rows (K,); classes: number of all; temperature: divides the margins; separate: the
    margins are those of one classifier per class, whose probabilities are brought to the sum 1; offsets: (K,)
    is added to log probabilities where a label is decided.
    """

    blocks: Sequence[Terms]
    coefficients: Floats
    intercepts: Floats
    present: Ids
    classes: int
    temperature: float = 1.0
    separate: bool = False
    offsets: Floats | None = None

    def matrix(self, texts: Texts) -> Matrix:
        """Return the weighted n-grams of texts: (n, F)."""
        return stacked([block.weighted(block.counts(texts)) for block in self.blocks])

    def margins(self, matrix: Matrix) -> Floats:
        """Return the margins of the classes of the training rows: (n, K)."""
        return np.asarray(matrix @ self.coefficients + self.intercepts, np.float64)

    def probabilities(self, matrix: Matrix) -> Floats:
        """Return the probability of every class: (n, classes); 0 for those that no training row has."""
        margins = self.margins(matrix) / self.temperature
        logits = -np.logaddexp(0, -margins) if self.separate else margins
        out = np.zeros((matrix.shape[0], self.classes))
        out[:, self.present] = np.exp(log_softmax(logits))
        return out

    def labels(self, probabilities: Floats) -> Ids:
        """Return the labels that follow from probabilities: (n,)."""
        return decide(probabilities, np.zeros(self.classes) if self.offsets is None else self.offsets)


def softmax_regression(train: Matrix, truth: Ids, strength: float, weight: str | None) -> Coefficients:
    """Fit a logistic regression to TF-IDF, until no part of the gradient is above 1e-4.

    Each of the many small weights of a long text moves the mean loss little: with 1e-3, fits hardly begin.
    """
    model = _logistic(train, truth, strength, weight, 1e-4)
    return _for_each_class(model.coef_, model.intercept_, 0.5)


def nb_regression(train: Matrix, truth: Ids, strength: float, weight: str | None) -> Coefficients:
    """Fit a logistic regression to n-grams weighted by naive Bayes (Wang and Manning 2012), one per class.

    train: presence of the n-grams. Two classes have one regression. It ends where no part of the gradient is
    above 1e-3, which regularises, too.
    """
    present = np.unique(truth)
    rows, intercepts = [], []
    for label in present[1:] if len(present) == 2 else present:
        ratios = log_count_ratios(train, truth == label)
        model = _logistic(train * ratios, truth == label, strength, weight, 1e-3)
        rows.append(model.coef_[0] * ratios.diagonal())
        intercepts.append(model.intercept_[0])
    return _for_each_class(np.stack(rows), np.array(intercepts), 0.5)


def svm(train: Matrix, truth: Ids, strength: float, weight: str | None) -> Coefficients:
    """Fit a linear SVM."""
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=strength, class_weight=weight, random_state=0).fit(train, truth)
    return _for_each_class(model.coef_, model.intercept_, 1.0)


def log_count_ratios(presence: Any, chosen: npt.NDArray[np.bool_]) -> Any:
    """Return ln of each term's smoothed share in the chosen rows over that in the others, as a diagonal.

    presence: 0 or 1, (n, terms); smoothing: 1 (Wang and Manning 2012, section 2).
    """
    from scipy.sparse import diags_array

    sums = [np.asarray(presence[rows].sum(axis=0)).ravel() + 1.0 for rows in (chosen, ~chosen)]
    inside, outside = (each / each.sum() for each in sums)
    return diags_array(np.log(inside / outside).astype(np.float32))


def _for_each_class(coefficients: Any, intercepts: Any, half: float) -> Coefficients:
    """Return columns of classes; one row of two classes becomes both, times -half and half."""
    if len(coefficients) == 1:
        coefficients = np.concatenate([-half * coefficients, half * coefficients])
        intercepts = np.concatenate([-half * intercepts, half * intercepts])
    return np.ascontiguousarray(coefficients.T), np.asarray(intercepts)


def _logistic(features: Any, truth: Any, strength: float, weight: str | None, tolerance: float) -> Any:
    """Fit a logistic regression, by at most `ITERATIONS` steps of L-BFGS."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, class_weight=weight, max_iter=ITERATIONS, tol=tolerance)
    with warnings.catch_warnings(), threadpool_limits(1):  # the steps are too short for a second thread
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, truth)
