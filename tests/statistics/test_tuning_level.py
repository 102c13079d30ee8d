"""How often tuning replaces params.yaml by values that are as good, and by better ones, by simulation."""

import numpy as np
import pytest
from scipy.stats import binom, ttest_ind

from seqops.core.score import Score
from seqops.metrics.ratio import ratio
from seqops.tuning.decision import LEVEL, compare

pytestmark = pytest.mark.slow
SEEDS, FINALISTS, RESAMPLES = 3, 3, 200
DRAWS = 1000
MOST = binom.ppf(0.999, DRAWS, LEVEL) / DRAWS
"""A larger share of false replacements is significant (at 0.1 %) against a probability of 0.05."""
POWER_DRAWS = 60
SEED_NOISE = 0.02
"""Standard deviation over seeds of the score, in nats; the noise over rows is a multiple of it."""


def nats(generator, rows, noise, trials=FINALISTS, fits=SEEDS):
    """Draw (1 + trials, fits, rows) nats of equal configurations, of which the first is the present one.

    Rows differ by a skewed effect that all share, by an effect of row and configuration, whose mean over the
    rows has a standard deviation of `noise` seed standard deviations, and by an effect of each fit.
    """
    shape = (1 + trials, fits, rows)
    row = generator.gamma(9, 1 / 6, rows)
    by_values = generator.standard_normal((shape[0], 1, rows)) * noise * SEED_NOISE * rows**0.5
    by_seed = generator.standard_normal((*shape[:2], 1)) * SEED_NOISE
    by_fit = generator.standard_normal(shape) * SEED_NOISE * rows**0.5 / 2
    return row + by_values + by_seed + by_fit


def correct(generator, rows, noise):
    """Draw (1 + finalists, seeds, rows) of 0 or 1: about 85 % correct, more or less so by values and seed."""
    shape = (1 + FINALISTS, SEEDS, rows)
    ability = generator.normal(2.5, 2.0, rows)
    by_values = generator.standard_normal((shape[0], 1, rows)) * noise
    by_seed = generator.standard_normal((*shape[:2], 1)) * 0.1
    logits = ability + by_values + by_seed
    return (generator.random(shape) < 1 / (1 + np.exp(-logits))).astype(np.float64)


def scores(values, higher_is_better):
    """Return a score for each seed; values: (seeds, rows)."""
    ones = np.ones(values.shape[1])
    limits = (0.0, 1.0) if higher_is_better else None
    return [
        Score("score", np.stack([row, ones], axis=1), ratio, higher_is_better, "", limits=limits)
        for row in values
    ]


def passes_over_seeds(means, higher_is_better):
    """Return whether Welch's test, which every winner passes, lets any win; means: (1 + finalists, seeds)."""
    side = "greater" if higher_is_better else "less"
    p = ttest_ind(means[1:], means[:1], axis=1, equal_var=False, alternative=side).pvalue
    return bool(p.min() < LEVEL / FINALISTS)


def replacements(draw, rows, noise, higher_is_better=False, gain=0.0, draws=DRAWS):
    """Return the share of studies in which any finalist wins; the first is better by `gain`."""
    found = 0
    for seed in range(draws):
        values = draw(np.random.default_rng(seed), rows, noise)
        values[1] -= gain
        if not passes_over_seeds(values.mean(axis=2), higher_is_better):
            continue
        current, *others = (scores(one, higher_is_better) for one in values)
        found += any(one.better for one in compare(current, others, SEEDS, RESAMPLES, seed))
    return found / draws


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_equal_values_replace_the_present_ones_in_at_most_a_twentieth_of_studies(noise):
    """Measured: 0.025, 0.029 and 0.036; by Welch's test alone 0.06, 0.16 and 0.34."""
    assert replacements(nats, 200, noise) <= MOST


def test_equal_values_do_not_replace_the_present_ones_on_many_rows():
    assert replacements(nats, 2000, 1.0, draws=250) <= binom.ppf(0.999, 250, LEVEL) / 250


@pytest.mark.filterwarnings("ignore:Precision loss")
def test_equal_accuracies_do_not_replace_the_present_ones():
    assert replacements(correct, 300, 1.0, higher_is_better=True) <= MOST


@pytest.mark.parametrize(("noise", "gain", "power"), [(0.5, 0.1, 0.7), (1.0, 0.12, 0.75), (2.0, 0.2, 0.8)])
def test_better_values_replace_the_present_ones(noise, gain, power):
    """The gains are 5, 6 and 10 standard deviations over seeds; measured: 0.80, 0.85, 0.87."""
    assert replacements(nats, 500, noise, gain=gain, draws=POWER_DRAWS) >= power


def replaced_on_the_rows_that_chose(noise, studies=400):
    """Return how often the best of 30 equal trials wins by a t test over seeds, on the rows that chose it."""
    found = 0
    for seed in range(studies):
        means = nats(np.random.default_rng(seed), 200, noise, trials=30, fits=1 + SEEDS).mean(axis=2)
        chosen = 1 + np.argsort(means[1:, 0])[:FINALISTS]
        repeats = means[[0, *chosen], 1:]
        best = 1 + np.argmin(repeats[1:].mean(axis=1))
        p = ttest_ind(repeats[0], repeats[best], alternative="greater").pvalue
        found += p < LEVEL / FINALISTS
    return found / studies


def replaced_by_each_test(noise, rows=200, draws=DRAWS):
    """Return how often equal values win by the test over seeds alone, over rows alone, and by all three."""
    found = np.zeros(3)
    for seed in range(draws):
        values = nats(np.random.default_rng(seed), rows, noise)
        current, *others = (scores(one, higher_is_better=False) for one in values)
        compared = compare(current, others, SEEDS, RESAMPLES, seed)
        for place, p in enumerate(("p_seeds", "p_rows")):
            found[place] += min(getattr(one, p) for one in compared) < LEVEL / FINALISTS
        found[2] += any(one.better for one in compared)
    return found / draws


@pytest.mark.parametrize(("noise", "share"), [(0.5, 0.11), (1.0, 0.32), (2.0, 0.71)])
def test_a_test_over_seeds_on_the_rows_that_chose_the_trials_would_err(noise, share):
    assert replaced_on_the_rows_that_chose(noise) == pytest.approx(share, abs=0.08)
