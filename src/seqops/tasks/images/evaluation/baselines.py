"""Classical baselines of the images task."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqops.core.interfaces import Meta, Metrics
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.images.data.encoding import labelled
from seqops.tasks.images.model.classical import ClassicalKind, PixelClassifier

NAMES: dict[ClassicalKind, str] = {"logistic": "logistic regression", "svm": "RBF SVM"}
SVM_PICTURES = 10_000
"""Training pictures of the SVM, at most: its time grows with the square of their number."""


def classical(splits: Mapping[str, Split], metrics: Metrics, meta: Meta) -> list[Baseline]:
    """Fit the classical models of the task, tuned by the goal on validation pictures.

    Of many training pictures the SVM gets a part, which its name says: see `SVM_PICTURES`.
    """
    found = []
    train = labelled(splits["train"])
    for kind, name in NAMES.items():
        part = _part(train, SVM_PICTURES) if kind == "svm" else train
        whole = len(part) == len(train)
        model = PixelClassifier(kind)
        predicted = model.predict(model.fit(metrics, {**splits, "train": part}, meta), splits["test"], meta)
        full = f"{name} of pixels" if whole else f"{name} of {len(part):,} pictures"
        found.append(Baseline(full, "classical", predicted, model_kind=kind if whole else ""))
    return found


def _part(split: Split, most: int) -> Split:
    """Return at most that many rows, evenly spaced."""
    rows = np.linspace(0, len(split) - 1, min(most, len(split))).astype(np.int64)
    return split.take(rows)
