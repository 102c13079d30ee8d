"""False alarms and power of drift detection, by simulation at the shapes of the tasks."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from seqops.core.records import Goal
from seqops.core.settings import DriftSettings
from seqops.drift.detect import build_reference, measure_drift
from seqops.drift.profiles import NumericProfile
from seqops.drift.score_decline import score_decline

pytestmark = pytest.mark.slow
LIMITS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)
EMPTY = NumericProfile.from_sample(np.zeros(1))
DRAWS = 4000
INPUT_DRAWS = 500
MOST = binom.ppf(0.999, DRAWS, LIMITS.alpha) / DRAWS
"""A larger share of alarms is significant (at 0.1 %) against a probability of alpha."""


def accuracy(generator, n, mean):
    return (generator.random(n) < mean).astype(np.float64)


def sentence_f1(generator, n, mean):
    """Draw scores of sentences: mostly right or wrong as a whole, some in between."""
    whole = (generator.random(n) < mean).astype(np.float64)
    return np.where(generator.random(n) < 0.8, whole, generator.beta(4 * mean, 4 * (1 - mean), n))


def nats(generator, n, mean):
    """Draw nats per character of passages: skewed to the right."""
    return mean * generator.gamma(30, 1 / 30, n)


SCORES = {
    "accuracy": (accuracy, Goal("accuracy", True), 0.90, -1),
    "accuracy near 1": (accuracy, Goal("accuracy", True), 0.99, -1),
    "f1": (sentence_f1, Goal("f1", True), 0.80, -1),
    "nats": (nats, Goal("nats", False), 1.5, 1),
}


def alarms(name, before, now, decline, draws=DRAWS):
    """Return the share of draws in which a score that is worse by `decline` is drift."""
    draw, goal, mean, worse = SCORES[name]
    found = 0
    for seed in range(draws):
        generator = np.random.default_rng(seed)
        old = draw(generator, before, mean)
        profile = replace(EMPTY, rows=before, mean=old.mean(), mean_variance=old.var(ddof=1) / before)
        new = draw(generator, now, mean + worse * decline)
        found += score_decline(profile, new, goal, LIMITS.margin).p < LIMITS.alpha
    return found / draws


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize(("before", "now"), [(700, 60), (2000, 500)])
def test_a_score_that_has_not_changed_raises_no_more_alarms_than_alpha(name, before, now):
    assert alarms(name, before, now, 0.0) <= MOST


@pytest.mark.parametrize("name", ["accuracy", "f1", "nats"])
def test_a_score_that_is_worse_by_the_margin_raises_no_more_alarms_than_alpha(name):
    assert alarms(name, 2000, 500, LIMITS.margin) <= MOST


@pytest.mark.parametrize(
    ("name", "now", "decline", "power"),
    [
        ("accuracy", 500, 0.15, 0.99),
        ("accuracy", 100, 0.15, 0.7),
        ("f1", 500, 0.12, 0.95),
        ("nats", 200, 0.1, 0.8),
    ],
)
def test_a_lower_score_is_detected(name, now, decline, power):
    assert alarms(name, 1000, now, decline, draws=400) >= power


@pytest.mark.parametrize("rows", [60, 300])
def test_inputs_that_have_not_changed_raise_no_more_alarms_than_alpha(rows):
    found = 0
    shares = [0.6, 0.3, 0.1]
    for seed in range(INPUT_DRAWS):
        generator = np.random.default_rng(seed)

        def features(n, generator=generator):
            return {
                "length": generator.geometric(0.05, n).astype(np.float64),
                "label": generator.choice(["a", "b", "c"], n, p=shares),
                "score (accuracy)": accuracy(generator, n, 0.9),
            }

        kept = build_reference(features(700))
        found += measure_drift(kept, features(rows), LIMITS, Goal("accuracy", True)).drifted
    assert found / (INPUT_DRAWS) <= binom.ppf(0.999, INPUT_DRAWS, LIMITS.alpha) / (INPUT_DRAWS)
