"""Whether a fit ended while its validation score was still improving."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqops.core.callbacks import GOAL, EpochResult

PARTS, SHARE = 5, 0.05


def advice(history: Sequence[EpochResult], higher_is_better: bool, staged: bool = False) -> str:
    """Say that a fit needs more epochs if its score still improved at the last one; empty if not.

    history: of the whole fit, with the starts; staged: its epochs are those of `fit.stages`. Only the last
    stage counts.
    """
    if not still_improving(history, higher_is_better):
        return ""
    epochs = sum(e.trained and e.stage == history[-1].stage for e in history)
    where = (
        "its epochs in fit.stages (or its learning_rate)" if staged else "fit.epochs (or fit.learning_rate)"
    )
    of = f"{epochs} epochs of the last stage" if staged else f"{epochs} epochs"
    return f"The validation score was still improving at the last of {of}: raise {where}."


def still_improving(history: Sequence[EpochResult], higher_is_better: bool) -> bool:
    """Return whether the last epochs improved on all earlier ones by more than noise.

    The last epoch has the best score, and the last fifth of the epochs improved the best score by more than
    5 % of what was gained since the first fifth, and by more than the score ever fell between two epochs of
    the second half.
    """
    sign = 1.0 if higher_is_better else -1.0
    goal = [e for e in history if e.objective == GOAL]
    # an undefined score is the worst
    scores = np.nan_to_num([sign * e.validation for e in goal], nan=-np.inf)
    stage = [number for number, e in enumerate(goal) if e.trained and e.stage == goal[-1].stage]
    if len(stage) < 2 or scores[-1] <= scores[:-1].max():
        return False
    part = math.ceil(len(stage) / PARTS)
    early, late = scores[: stage[part]].max(), scores[:-part].max()
    changes = np.diff(scores[stage[(len(stage) - 1) // 2] :])
    gain = scores[-1] - late
    return bool(gain > SHARE * (scores[-1] - early) and gain > -changes.min())
