"""Classification metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from seqops.core.score import POSITIVE, SHARE, Border, Score
from seqops.metrics import calibration
from seqops.metrics.ratio import divide

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
MIN_ROWS = 20
"""Rows of the rarest class below which no interval of the macro-F1 holds its level."""


def class_scores(
    truth: Ids, predicted: Ids, probabilities: Floats, classes: int, ordered: bool
) -> list[Score]:
    """Score predicted classes (n,) and their probabilities (n, K) against the true classes (n,).

    ordered: the classes are ordinal, so that the distance between two classes is meaningful.
    """
    cells = confusion(truth, predicted, classes)
    reasons = {"macro_f1": few_rows_of_a_class, "kappa": one_class}
    borders = {
        "macro_f1": Border(SHARE, worst_macro_f1),
        "kappa": Border((-1.0, 1.0), worst_kappa),
        "mae": Border((0.0, classes - 1.0), worst_error),
    }
    measures: dict[str, tuple[Measure, bool, str, Limits]] = {
        "macro_f1": (macro_f1, True, "mean F1 of the classes that occur or are predicted", SHARE),
        "accuracy": (accuracy, True, "share of rows with the right class", SHARE),
    }
    if ordered:
        measures["kappa"] = (quadratic_kappa, True, "Cohen's kappa, weighted by squared distance", None)
        measures["mae"] = (absolute_error, False, "mean distance in steps of the scale", POSITIVE)
    scores = [
        Score(
            name,
            cells,
            of,
            better,
            what,
            limits=limits,
            border=borders.get(name),
            no_interval=reasons.get(name, ""),
        )
        for name, (of, better, what, limits) in measures.items()
    ]
    chosen = probabilities[np.arange(len(predicted)), predicted]
    losses = np.stack([negative_log_likelihood(probabilities, truth), np.ones(len(truth))], 1)
    return [
        *scores,
        *calibration.calibration_scores(chosen, truth == predicted),
        Score("log_loss", losses, mean, higher_is_better=False, signature="nats a row", limits=POSITIVE),
    ]


Measure = Callable[[Floats], Floats]
Limits = tuple[float, float] | None


def confusion(truth: Ids, predicted: Ids, classes: int) -> Floats:
    """Return each row's confusion matrix, flattened: (n, K * K), true class first."""
    cells = np.zeros((len(truth), classes * classes))
    cells[np.arange(len(truth)), truth * classes + predicted] = 1.0
    return cells


def accuracy(sums: Floats) -> Floats:
    """Return the accuracy of confusion matrices (..., K * K)."""
    table = _square(sums)
    return divide(np.trace(table, axis1=-2, axis2=-1), table.sum((-2, -1)))


def macro_f1(sums: Floats) -> Floats:
    """Return the mean F1 of confusion matrices (..., K * K), over classes that occur or are predicted.

    Equals `sklearn.metrics.f1_score(average="macro")`.
    """
    table = _square(sums)
    hits = np.diagonal(table, axis1=-2, axis2=-1)
    both = table.sum(-1) + table.sum(-2)  # 2tp + fp + fn of each class
    return divide(divide(2 * hits, both).sum(-1), (both > 0).sum(-1).astype(np.float64))


def few_rows_of_a_class(sums: Floats) -> str:
    """Return why the macro-F1 of a confusion matrix (K * K,) has no interval: a class has too few rows.

    A class that is predicted counts, too, even if no row is of that class.
    """
    table = _square(sums)
    rows = table.sum(-1)[table.sum(-1) + table.sum(-2) > 0]
    fewest = int(rows.min(initial=np.inf)) if len(rows) else MIN_ROWS
    return f"a class has {fewest} rows" if fewest < MIN_ROWS else ""


def one_class(sums: Floats) -> str:
    """Return why the kappa of a confusion matrix (K * K,) has no interval: it is 0 whatever the rows."""
    table = _square(sums)
    truth, predicted = ((table.sum(axis) > 0).sum() == 1 for axis in (1, 0))
    if np.isnan(quadratic_kappa(sums)) or not (truth or predicted):
        return ""
    return "only one class is predicted" if predicted else "only one class occurs"


def quadratic_kappa(sums: Floats) -> Floats:
    """Return Cohen's kappa with quadratic weights (Cohen 1968) of confusion matrices (..., K * K).

    1 minus the mean squared distance over its value if prediction and truth were independent; NaN if
    truth and prediction are a single class.
    """
    table = _square(sums)
    steps = np.arange(table.shape[-1])
    weights = (steps[:, None] - steps).astype(np.float64) ** 2
    by_chance = table.sum(-1)[..., :, None] * table.sum(-2)[..., None, :]
    found, expected = ((weights * cells).sum((-2, -1)) for cells in (table, by_chance))
    off = np.full_like(found, np.nan)
    kappa: Floats = 1 - np.divide(found * table.sum((-2, -1)), expected, out=off, where=expected > 0)
    return kappa


def absolute_error(sums: Floats) -> Floats:
    """Return the mean distance between true and predicted class of confusion matrices (..., K * K)."""
    table = _square(sums)
    steps = np.arange(table.shape[-1])
    return divide((np.abs(steps[:, None] - steps) * table).sum((-2, -1)), table.sum((-2, -1)))


def worst_kappa(sums: Floats) -> float:
    """Return how far below 1 kappa is if every row of a confusion matrix (K * K,) is off as far as it can."""
    table = _square(sums) / sums.sum()
    squares = _steps(table) ** 2
    by_chance = float((squares * np.outer(table.sum(1), table.sum(0))).sum())
    return float(squares[table.sum(1) > 0].max()) / by_chance if by_chance > 0 else 2.0


def worst_error(sums: Floats) -> float:
    """Return the largest distance of a class that is not the true one, in a confusion matrix (K * K,)."""
    table = _square(sums)
    return float(_steps(table)[table.sum(1) > 0].max())


def worst_macro_f1(sums: Floats) -> float:
    """Return how far the macro-F1 falls by a wrong row of the two rarest classes, times the number of rows.

    Of a confusion matrix (K * K,) of which hardly a row is wrong: the F1 of a class of m falls by 1 / 2m.
    """
    both = _square(sums).sum(-1) + _square(sums).sum(-2)
    rows = np.sort(both[both > 0])
    return float(sums.sum() * (1 / rows[:2]).sum() / len(rows))


def _steps(table: Floats) -> Floats:
    """Return the distance of each pair of classes: (K, K)."""
    steps = np.arange(len(table), dtype=np.float64)
    return np.abs(steps[:, None] - steps)


def negative_log_likelihood(probabilities: Floats, truth: Ids) -> Floats:
    """Return the negative log of the probability of the true class, in nats: (n,)."""
    of_truth = probabilities[np.arange(len(truth)), truth]
    return -np.log(np.maximum(of_truth, 1e-12))


def mean(sums: Floats) -> Floats:
    """Return the first of sums (..., 2) divided by the second."""
    return divide(sums[..., 0], sums[..., 1])


def _square(sums: Floats) -> Floats:
    side = round(sums.shape[-1] ** 0.5)
    return sums.reshape(*sums.shape[:-1], side, side)
