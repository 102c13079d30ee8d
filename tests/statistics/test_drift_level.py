"""False alarms and power of drift detection, by simulation at the shapes of the tasks.

SEQOPS_STATISTICS_SHARE: see `simulation.py`.
"""

import numpy as np
import pytest
from scipy.stats import binom
from shapes import Accuracy, Classes, Forecasts, Passages, Translations, score_of
from simulation import generator_of, repetitions

from seqops.core.records import Goal
from seqops.core.score import PERCENT, SHARE
from seqops.core.settings import DriftSettings
from seqops.drift.detect import build_reference, measure_drift
from seqops.drift.score_decline import score_decline, untested
from seqops.drift.score_sample import ScoreSample
from seqops.metrics.entity_spans import f1

pytestmark = pytest.mark.slow
LIMITS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)
INPUT_DRAWS = 500
BLEU = Translations(4, 0.5).one(np.random.default_rng(0)).value


class Sentences:
    """Sentences with entities: a share is without any, and in a share of those one is invented."""

    def __init__(self, rows, empty=0.2, right=0.9, invented=0.0):
        self.rows, self.empty, self.right, self.invented = rows, empty, right, invented

    def one(self, generator):
        bare = generator.random(self.rows) < self.empty
        true = np.where(bare, 0, 1 + generator.poisson(1.0, self.rows))
        hits, wrong = generator.binomial(true, self.right), generator.binomial(true, 1 - self.right)
        wrong += bare & (generator.random(self.rows) < self.invented)
        return score_of(np.stack([hits, wrong, true - hits], 1), f1, limits=SHARE)


class ShortSentences:
    """Translations, a share of them of two words, which have no four in a row to match; BLEU is 49."""

    def __init__(self, rows, short):
        self.rows, self.short = rows, short

    def one(self, generator):
        short = generator.random(self.rows) < self.short
        words = np.where(short, 2, 6 + generator.poisson(4, self.rows))
        totals = np.maximum(words[:, None] - np.arange(4), 0)
        matches = generator.binomial(totals, [0.8, 0.6, 0.4, 0.3])
        lengths = np.stack([words, words], 1)
        statistics = np.concatenate([lengths, matches, totals], 1)
        return score_of(statistics, BLEU, limits=PERCENT)


SAME = {
    "ner: F1 0.90 of 500 sentences": (Sentences(500), Sentences(500)),
    "ner: F1 0.90 of 500 sentences, without entities 20 % -> 25 %": (Sentences(500), Sentences(500, 0.25)),
    "ner: F1 0.90 of 500 sentences, without entities 20 % -> 30 %": (Sentences(500), Sentences(500, 0.3)),
    "ner: F1 0.90 of 500 sentences, without entities 20 % -> 40 %": (Sentences(500), Sentences(500, 0.4)),
    "ner: F1 0.90 of 700 -> 60 sentences, without entities 20 % -> 40 %": (
        Sentences(700),
        Sentences(60, 0.4),
    ),
    "translation: BLEU 49 of 500 sentences, of two words 10 % -> 40 %": (
        ShortSentences(500, 0.1),
        ShortSentences(500, 0.4),
    ),
    "translation: BLEU 17 of 600 -> 60 sentences": (Translations(600, 0.3), Translations(60, 0.3)),
    "sentiment: macro-F1 0.80 of 500 rows, shares of classes 25 : 75 -> 75 : 25": (
        Classes(500, (0.25, 0.75), 0.83),
        Classes(500, (0.75, 0.25), 0.83),
    ),
    "labels: accuracy 0.90 of 700 -> 60 rows": (Accuracy(700, 0.9), Accuracy(60, 0.9)),
    "labels: accuracy 0.90 of 60 -> 500 rows": (Accuracy(60, 0.9), Accuracy(500, 0.9)),
    "labels: accuracy 0.99 of 60 -> 500 rows": (Accuracy(60, 0.99), Accuracy(500, 0.99)),
    "labels: accuracy 0.99 of 2,000 -> 500 rows": (Accuracy(2000, 0.99), Accuracy(500, 0.99)),
    "text: nats of 240 -> 120 passages in order": (Passages(240, 0.3), Passages(120, 0.3)),
    "forecast: 300 -> 150 origins, 12 steps, 1 apart": (Forecasts(300), Forecasts(150)),
    "forecast: 100 -> 48 origins, 1 step": (Forecasts(100, 1, 1), Forecasts(48, 1, 1)),
}
"""The same model: what moves, if anything, leaves its true score as it was."""

AT_THE_MARGIN = {
    "labels: accuracy 0.90 -> 0.88 of 2,000 -> 500 rows": (Accuracy(2000, 0.9), Accuracy(500, 0.88)),
    "labels: accuracy 0.99 -> 0.97 of 60 -> 500 rows": (Accuracy(60, 0.99), Accuracy(500, 0.97)),
    "labels: accuracy 1 -> 0.98 of 200 -> 500 rows": (Accuracy(200, 1.0), Accuracy(500, 0.98)),
    "ner: F1 0.90 -> 0.88 of 2,000 -> 500 sentences": (Sentences(2000), Sentences(500, 0.4, 0.88)),
}
"""The true score is worse by the margin."""

WORSE = {
    "labels: accuracy 0.90 -> 0.75 of 500 rows": (Accuracy(1000, 0.9), Accuracy(500, 0.75), 0.99),
    "labels: accuracy 0.90 -> 0.75 of 100 rows": (Accuracy(1000, 0.9), Accuracy(100, 0.75), 0.65),
    "labels: accuracy 0.90 -> 0.75 of 60 rows": (Accuracy(1000, 0.9), Accuracy(60, 0.75), 0.3),
    "ner: F1 0.90 -> 0.75 of 500 sentences": (Sentences(500), Sentences(500, right=0.75), 0.99),
    "ner: F1 0.90 -> 0.75 of 60 sentences": (Sentences(500), Sentences(60, right=0.75), 0.6),
    "ner: an entity in every sentence without any": (
        Sentences(500, 0.5),
        Sentences(500, 0.5, invented=1.0),
        0.99,
    ),
    "translation: BLEU 17 -> 11 of 600 sentences": (Translations(600, 0.3), Translations(600, 0.23), 0.9),
    "sentiment: macro-F1 0.80 -> 0.70 of 500 rows": (
        Classes(500, (0.25, 0.75), 0.83),
        Classes(500, (0.25, 0.75), 0.73),
        0.6,
    ),
}
"""The true score is worse by more than the margin, and how often that is found at least."""


def alarms(before, now):
    """Return how often a score that a test can be made of has drifted, and the share of draws without one."""
    generator, count = generator_of((vars(before), vars(now)), 7), repetitions()
    found = refused = 0
    for _ in range(count):
        scores = before.one(generator), now.one(generator)
        first, second = map(ScoreSample.of, scores)
        if untested(first, second, LIMITS.min_rows):
            refused += 1
            continue
        goal = Goal("score", scores[0].higher_is_better)
        found += score_decline(first, second, goal, LIMITS.margin).p < LIMITS.alpha
    return found / count, refused / count


def most(draws):
    """Return the largest share of alarms that is not significant (at 0.1 %) against alpha."""
    return binom.ppf(0.999, draws, LIMITS.alpha) / draws


@pytest.mark.parametrize("name", [*SAME, *AT_THE_MARGIN])
def test_a_score_that_is_not_worse_by_more_than_the_margin_raises_no_more_alarms_than_alpha(name):
    found, refused = alarms(*{**SAME, **AT_THE_MARGIN}[name])
    assert found <= most(repetitions())
    assert refused < 0.1


@pytest.mark.parametrize("name", WORSE)
def test_a_lower_score_is_detected(name):
    *samples, power = WORSE[name]
    assert alarms(*samples)[0] >= power


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
            }

        goal, sample = Goal("accuracy", True), ScoreSample.of(Accuracy(700, 0.9).one(generator))
        kept = build_reference(features(700), goal.metric, sample)
        now = ScoreSample.of(Accuracy(rows, 0.9).one(generator)).to_json()
        found += measure_drift(kept, features(rows), LIMITS, goal, now).drifted
    assert found / INPUT_DRAWS <= most(INPUT_DRAWS)
