"""Logistic regression on running sums: the classical model of this task, which is also a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Ragged, Split
from seqops.tasks.labelling.model.predictions import predictions

Floats = npt.NDArray[np.float64]

INVERSE_PENALTY = 100.0
"""`C` of the logistic regression: a weak penalty, since few weights are learnt from every step."""


@dataclass(frozen=True)
class FittedRegression:
    """Coefficients of the label 1 for standardized inputs (D + 2,), and the statistics of the inputs."""

    centre: Floats
    width: Floats
    coefficients: Floats
    intercept: Floats

    def probabilities(self, inputs: Floats) -> Floats:
        """Return the probability of the label 1 for inputs (N, D + 2): (N,)."""
        logits = ((inputs - self.centre) / self.width) @ self.coefficients + self.intercept
        return np.asarray(1 / (1 + np.exp(-logits)), np.float64)


@dataclass(frozen=True)
class Regression(ClassicalModel):
    """Logistic regression on the running sums, the step and the sequence's length.

    A sum compared with a share of the length is linear in these, so it nearly solves the cumulative sums.
    """

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> FittedRegression:
        """Fit to the training steps; nothing is chosen on validation rows."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        figures, labels = splits["train"].ragged("figures"), splits["train"].ragged("labels").values
        scaler = StandardScaler().fit(running_sums(figures))
        statistics = np.asarray(scaler.mean_, np.float64), np.asarray(scaler.scale_, np.float64)
        if np.ptp(labels) == 0:
            none = np.zeros(len(statistics[0]))
            return FittedRegression(*statistics, none, np.array(np.inf if labels[0] else -np.inf))
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000)
        model.fit(scaler.transform(running_sums(figures)), labels)
        return FittedRegression(*statistics, model.coef_[0], np.array(model.intercept_[0]))

    def predict(self, model: FittedRegression, split: Split, meta: Meta) -> pd.DataFrame:
        """Label every step: `labels`, and `probabilities` of the label 1, lists of T."""
        figures = split.ragged("figures")
        steps = Ragged(model.probabilities(running_sums(figures)), figures.offsets)
        return predictions([steps[i].tolist() for i in range(len(steps))])

    def to_arrays(self, model: FittedRegression) -> Mapping[str, Array]:
        """Return the coefficients and the statistics of the inputs."""
        return {name: np.asarray(array, np.float64) for name, array in asdict(model).items()}

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> FittedRegression:
        """Return the regression of the arrays."""
        return FittedRegression(**arrays)


def running_sums(figures: Ragged) -> Floats:
    """Return the sum of each column up to each step, the step from 1, and the length: (N, D + 2)."""
    rows = []
    for i in range(len(figures)):
        sums = np.cumsum(figures[i], axis=0)
        steps = np.arange(1, len(sums) + 1)
        rows.append(np.column_stack([sums, steps, np.full(len(sums), len(sums))]))
    return np.concatenate(rows)
