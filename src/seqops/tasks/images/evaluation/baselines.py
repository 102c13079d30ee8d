"""Classical baselines of the images task."""

from __future__ import annotations

from collections.abc import Mapping

from seqops.core.interfaces import Meta, Metrics
from seqops.core.ragged import Split
from seqops.core.records import Baseline
from seqops.tasks.images.data.encoding import labelled
from seqops.tasks.images.model.classical import ClassicalKind, PixelClassifier

NAMES: dict[ClassicalKind, str] = {"logistic": "logistic regression", "svm": "RBF SVM"}


def classical(
    splits: Mapping[str, Split], metrics: Metrics, meta: Meta, model_kind: str = ""
) -> list[Baseline]:
    """Fit the classical models of the task but one, tuned by the goal on validation pictures.

    The name of a model that learns from a part of the training pictures says so.
    """
    found = []
    for kind, name in NAMES.items():
        if kind == model_kind:
            continue
        model = PixelClassifier(kind)
        part = model.learnt_from(splits["train"])
        of = "pixels" if len(part) == len(labelled(splits["train"])) else f"{len(part):,} pictures"
        predicted = model.predict(model.fit(metrics, splits, meta), splits["test"], meta)
        found.append(Baseline(f"{name} of {of}", "classical", predicted, model_kind=kind))
    return found
