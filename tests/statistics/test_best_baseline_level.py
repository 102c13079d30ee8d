"""How often a model loses to, or beats, the best of several baselines that are as good as the model."""

import numpy as np
import pytest
from simulation import ALPHA, RESAMPLES, generator_of, repetitions, slack

from seqops.core.score import SHARE, Score
from seqops.evaluation.baseline_comparisons import corrected
from seqops.metrics.paired_tests import paired
from seqops.metrics.ratio import ratio

pytestmark = pytest.mark.slow
ROWS, BASELINES, SHARE_RIGHT = 600, 8, 0.7


def accuracy(right):
    statistics = np.stack([right, np.ones(len(right))], axis=1).astype(np.float64)
    return Score("accuracy", statistics, ratio, True, "share right", limits=SHARE)


def system(generator, common):
    """A system that is right where the others are, but for a third of the rows."""
    own = generator.random(ROWS) < 0.3
    return accuracy(np.where(own, generator.random(ROWS), common) < SHARE_RIGHT)


def test_a_model_seldom_loses_to_the_best_of_eight_equal_baselines():
    generator, count = generator_of("best of eight"), repetitions() // 2
    outcomes, uncorrected = [], []
    for seed in range(count):
        common = generator.random(ROWS)
        model, *others = (system(generator, common) for _ in range(BASELINES + 1))
        best = max(range(BASELINES), key=lambda k: others[k].point())
        differences = {str(k): paired(model, other, RESAMPLES, seed) for k, other in enumerate(others)}
        rows = corrected(differences, dict.fromkeys(differences, "classical"))
        outcomes.append(rows[best].summary(ALPHA))
        uncorrected.append(differences[str(best)].outcome(ALPHA))
    assert outcomes.count("loses to") / count <= ALPHA + slack(ALPHA, count)
    assert outcomes.count("beats") / count <= ALPHA + slack(ALPHA, count)
    assert uncorrected.count("loses to") / count > 0.1
