"""The drift reference of a bundle: statistics of its training rows, and its score of the test rows."""

from __future__ import annotations

from seqops.core.arrays_io import read_table
from seqops.core.interfaces import Evaluation
from seqops.core.project import TaskPaths
from seqops.core.score import named
from seqops.drift.detect import Reference, build_reference
from seqops.drift.score_sample import ScoreSample


def reference_of(evaluation: Evaluation, paths: TaskPaths) -> Reference:
    """Summarize the monitored features of the training rows and the score of the test rows."""
    splits, meta = paths.encoded()
    scores = evaluation.metrics.score(read_table(paths.predictions), splits["test"], meta)
    goal = evaluation.metrics.goal.metric
    return build_reference(
        evaluation.drift_features(splits["train"], meta), goal, ScoreSample.of(named(scores, goal))
    )
