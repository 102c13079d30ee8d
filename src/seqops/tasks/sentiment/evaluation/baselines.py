"""Baselines without a network, fitted on labelled training rows; all predict probabilities.

They read the texts themselves, so no setting of the network's input limits them.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Split
from seqops.nn.temperature_scaling import fit_temperature, log_softmax
from seqops.tasks.sentiment.data.encoding import labelled
from seqops.tasks.sentiment.evaluation.ngrams import Matrices, characters, counts, tfidf, up_to
from seqops.tasks.sentiment.metrics import Floats, predictions

Goal = Callable[[Floats], float]
"""The task's goal metric of probabilities of the labelled validation rows (n, K); higher is better."""
Fit = Callable[[Any, float, Any], tuple[Floats, Floats]]
"""Fits inputs with a strength and a weight of the classes: probabilities of validation and of test rows."""
Ids = npt.NDArray[np.int64]
ORDERS = (2, 3)
"""Words of the longest n-gram."""
WEIGHTS = (None, "balanced")
"""Weights of the classes: equal for each row, or equal for each class in total."""
TFIDF_STRENGTHS = (1.0, 10.0)
"""Inverse regularisation strengths (C of scikit-learn); all of these are chosen on validation rows."""
NB_STRENGTHS = (0.1, 1.0)
SVM_STRENGTHS = (0.1, 1.0)
SVM_CHARACTERS = 3_000_000
"""Characters of the training texts up to which the SVM is fitted: its n-grams of characters are many."""
ITERATIONS = 200


def majority(train: Split, rows: int, classes: int) -> pd.DataFrame:
    """Predict the most frequent class for every row, with the class shares as probabilities."""
    shares = shares_of(train, classes)
    return predictions(np.tile(shares, (rows, 1)))


def prior(train: Split, rows: int, classes: int, seed: int) -> pd.DataFrame:
    """Draw each row's class at random by the class shares."""
    shares = shares_of(train, classes)
    drawn = np.random.default_rng(seed).choice(classes, rows, p=shares)
    return predictions(np.tile(shares, (rows, 1)), drawn)


def shares_of(train: Split, classes: int) -> Floats:
    """Return the share of each class among the labelled rows: (K,)."""
    counts = np.bincount(labelled(train).plain("label"), minlength=classes)
    shares: Floats = counts / counts.sum()
    return shares


def classical(splits: Mapping[str, Split], classes: int, goal: Goal) -> dict[str, pd.DataFrame]:
    """Fit the classical classifiers to labelled training texts, tuned by the goal on validation texts.

    The SVM is left out where the training texts are long: see `SVM_CHARACTERS`.
    """
    parts = [labelled(splits["train"]), labelled(splits["validation"]), splits["test"]]
    train, validation, test = [part.ragged("texts").texts() for part in parts]
    truth = np.asarray(parts[0].plain("label"), np.int64)
    names = ["TF-IDF logistic regression", "NB logistic regression"]
    with_svm = sum(map(len, train)) <= SVM_CHARACTERS
    names += ["linear SVM"] if with_svm else []
    if len(np.unique(truth)) < 2:
        return dict.fromkeys(names, majority(parts[0], len(test), classes))
    counted = counts(train, validation, test)
    by_order = [up_to(order, counted) for order in ORDERS]
    found = [
        _tuned(by_order, partial(tfidf_regression, truth=truth, classes=classes), TFIDF_STRENGTHS, goal),
        _tuned(by_order, partial(nb_regression, truth=truth, classes=classes), NB_STRENGTHS, goal),
    ]
    if with_svm:
        both = characters(train, validation, test, counted)
        labels = np.asarray(parts[1].plain("label"), np.int64)
        fit = partial(svm, truth=truth, validation_labels=labels, classes=classes)
        found.append(_tuned([both], fit, SVM_STRENGTHS, goal))
    return {name: predictions(each) for name, each in zip(names, found, strict=True)}


def _tuned(inputs: Sequence[Matrices], fit: Fit, strengths: Sequence[float], goal: Goal) -> Floats:
    """Fit with all choices; return the test probabilities of the first that is best on validation rows."""
    fits = (fit(*choice) for choice in itertools.product(inputs, strengths, WEIGHTS))
    _, test = max(((goal(validation), test) for validation, test in fits), key=lambda scored: scored[0])
    return test


def tfidf_regression(
    counted: Matrices, strength: float, weight: str | None, truth: Ids, classes: int
) -> tuple[Floats, Floats]:
    """Fit a logistic regression to TF-IDF of n-grams; return probabilities of validation and of test."""
    train, *held_out = tfidf(counted)
    model = _logistic(train, truth, strength, weight)
    validation, test = (_by_class(model.predict_proba(part), model.classes_, classes) for part in held_out)
    return validation, test


def nb_regression(
    counted: Matrices, strength: float, weight: str | None, truth: Ids, classes: int
) -> tuple[Floats, Floats]:
    """Fit a logistic regression to n-grams weighted by naive Bayes (Wang and Manning 2012), one per class."""
    train, *held_out = ((part > 0).astype(np.float32) for part in counted)
    present = np.unique(truth)
    found: list[list[Floats]] = [[], []]
    for label in present[1:] if len(present) == 2 else present:
        ratios = log_count_ratios(train, truth == label)
        model = _logistic(train * ratios, truth == label, strength, weight)
        for part, columns in zip(held_out, found, strict=True):
            columns.append(model.predict_proba(part * ratios)[:, 1])
    if len(present) == 2:
        found = [[1 - columns[0], *columns] for columns in found]
    stacked = [np.stack(columns, 1) for columns in found]
    validation, test = (_by_class(each / each.sum(1, keepdims=True), present, classes) for each in stacked)
    return validation, test


def log_count_ratios(presence: Any, chosen: npt.NDArray[np.bool_]) -> Any:
    """Return ln of each term's smoothed share in the chosen rows over that in the others, as a diagonal.

    presence: 0 or 1, (n, terms); smoothing: 1 (Wang and Manning 2012, section 2).
    """
    from scipy.sparse import diags_array

    sums = [np.asarray(presence[rows].sum(axis=0)).ravel() + 1.0 for rows in (chosen, ~chosen)]
    inside, outside = (each / each.sum() for each in sums)
    return diags_array(np.log(inside / outside).astype(np.float32))


def svm(
    inputs: Matrices, strength: float, weight: str | None, truth: Ids, validation_labels: Ids, classes: int
) -> tuple[Floats, Floats]:
    """Fit a linear SVM; its margins become probabilities by a temperature fitted to validation rows."""
    from sklearn.svm import LinearSVC

    train, *held_out = inputs
    model = LinearSVC(C=strength, class_weight=weight, random_state=0).fit(train, truth)
    margins = [np.asarray(model.decision_function(part), np.float64) for part in held_out]
    if margins[0].ndim == 1:  # two classes
        margins = [np.stack([-each, each], 1) for each in margins]
    known = np.isin(validation_labels, model.classes_)
    places = np.searchsorted(model.classes_, validation_labels[known])
    temperature = fit_temperature(margins[0][known], places) if known.any() else 1.0
    validation, test = (
        _by_class(np.exp(log_softmax(each / temperature)), model.classes_, classes) for each in margins
    )
    return validation, test


def _logistic(features: Any, truth: Any, strength: float, weight: str | None) -> Any:
    """Fit a logistic regression, by at most `ITERATIONS` steps of L-BFGS."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, class_weight=weight, max_iter=ITERATIONS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early regularises, too
        return model.fit(features, truth)


def _by_class(probabilities: Floats, present: Iterable[int], classes: int) -> Floats:
    """Return a column for each class: 0 for those that training rows do not have."""
    out = np.zeros((len(probabilities), classes))
    out[:, list(present)] = probabilities
    return out
