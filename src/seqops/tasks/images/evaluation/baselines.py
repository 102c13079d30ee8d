"""Classical baselines of the images task."""

from __future__ import annotations

from collections.abc import Mapping

from seqops.core.interfaces import Meta, Metrics
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.images.data.encoding import labelled
from seqops.tasks.images.model.classical import ClassicalKind, PixelClassifier

NAMES: dict[ClassicalKind, str] = {"logistic": "logistic regression of pixels", "svm": "RBF SVM of pixels"}
SVM_PICTURES = 10_000
"""Training pictures up to which the SVM is fitted: its time grows with the square of their number."""


def classical(splits: Mapping[str, Split], metrics: Metrics, meta: Meta) -> list[Baseline]:
    """Fit the classical models of the task, tuned by the goal on validation pictures.

    The SVM is left out where there are many pictures: see `SVM_PICTURES`.
    """
    found = []
    for kind, name in NAMES.items():
        if kind == "svm" and len(labelled(splits["train"])) > SVM_PICTURES:
            continue
        model = PixelClassifier(kind)
        predicted = model.predict(model.fit(metrics, splits, meta), splits["test"], meta)
        found.append(Baseline(name, "classical", predicted, model_kind=kind))
    return found
