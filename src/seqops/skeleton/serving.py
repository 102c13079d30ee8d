"""Texts of digits in, the probability of an odd sum out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.skeleton.data.dataset import check_digits, digits_of


@dataclass(frozen=True)
class Endpoint(interfaces.Endpoint):
    """Texts of digits in, the probability of an odd sum out."""

    intended_use: ClassVar[str] = "Tells whether the sum of a few digits is odd, as a task to start from."
    limits: ClassVar[str] = (
        "It knows sequences as long as those of its training; it is an example, not a tool."
    )

    def parse(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode texts of digits. Raises DataError for any other text."""
        texts = [check_digits(f"input {number}", None, text.strip()) for number, text in enumerate(inputs, 1)]
        return Split({"digits": digits_of(texts), "odd": np.zeros(len(texts), np.int64)})

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Return one record per input."""
        return [{"probability": float(p), "odd": bool(p > 0.5)} for p in predicted["probability"]]

    def example(self, meta: Meta) -> str:
        """Return a training row."""
        return str(meta["example"])
