"""Labels from probabilities: the most likely one, or a rule under which rare classes are predicted, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqops.core.interfaces import Meta
from seqops.metrics.class_predictions import Floats, Ids
from seqops.metrics.classification import confusion, macro_f1

STRENGTHS = np.linspace(0.0, 1.0, 11)
"""Powers of the class shares that are tried; 0: the most likely label."""
LOWEST = 1e-12
"""The lowest probability, whose logarithm is finite."""


@dataclass(frozen=True)
class LabelDecision:
    """The label with the highest p / share^s, s chosen by the macro-F1 of validation rows.

    shares: those of the classes among the labelled training rows (K,); empty: the most likely label. Source:
    logit adjustment after the fit (Menon et al. 2021, section 4), with the strength s as its parameter.
    """

    shares: tuple[float, ...]

    @classmethod
    def of_meta(cls, meta: Meta) -> LabelDecision:
        """Return the rule of an encoding."""
        return cls(tuple(meta["label_shares"]))

    def offsets(self, probabilities: Floats, truth: Ids) -> Floats:
        """Choose what is added to the log probabilities (n, K) of validation rows: (K,).

        Of equally good strengths it is the lowest.
        """
        classes = probabilities.shape[1]
        if not self.shares or not len(truth):
            return np.zeros(classes)
        tried = -STRENGTHS[:, None] * np.log(self.shares)
        tables = [confusion(truth, decide(probabilities, each), classes).sum(0) for each in tried]
        return np.asarray(tried[int(np.nanargmax(macro_f1(np.array(tables))))], np.float64)


def decide(probabilities: Floats, offsets: npt.NDArray[np.floating]) -> Ids:
    """Return the label with the highest log probability and offset: (n,)."""
    if not offsets.any():
        return np.asarray(probabilities.argmax(1), np.int64)
    scores = np.log(np.maximum(probabilities, LOWEST)) + offsets
    return np.asarray(scores.argmax(1), np.int64)
