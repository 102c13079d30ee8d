"""Baselines, slices, drift features and readable rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Split
from seqops.core.records import Baseline


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """The majority label and the parity of the last digit, slices by length, and every row as text."""

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Predict the most frequent label; predict by the last digit alone."""
        digits = splits["test"].ragged("digits")
        majority = np.full(len(digits), float(meta["majority"]))
        last = (digits.values[digits.offsets[1:] - 1] - 1) % 2
        return [
            Baseline("majority", "trivial", pd.DataFrame({"probability": majority})),
            Baseline("last digit", "classical", pd.DataFrame({"probability": last.astype(np.float64)})),
        ]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Separate short and long rows: masks (n,)."""
        lengths = truth.ragged("digits").lengths
        return {"up to 2 digits": lengths <= 2, "over 2 digits": lengths > 2}

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return the number of digits of each row."""
        return {"digits of a row": split.ragged("digits").lengths}

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Write each row as text, with its label and the predicted probability."""
        return self.rows(truth, meta).assign(predicted=predicted["probability"])

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Write each row as text, with its label."""
        digits = split.ragged("digits")
        texts = ["".join(str(digit - 1) for digit in digits[row]) for row in range(len(split))]
        return pd.DataFrame({"input": texts, "truth": split.plain("odd")})
