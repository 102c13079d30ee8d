"""Two equal recipes, compared each week for two years on the same test rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom, norm

from seqops.core.score import Score
from seqops.evaluation.baseline_comparisons import BaselineComparison
from seqops.evaluation.evaluate import BootstrapConfig, EvaluationResult
from seqops.metrics.paired_tests import Difference, paired
from seqops.metrics.ratio import ratio
from seqops.registry.comparison_history import level_of
from seqops.registry.promotion_rule import Comparison, PromotionInputs, PromotionRule, decide

pytestmark = pytest.mark.slow
HALF_WIDTH = norm.isf(0.025)
ALPHA, ROWS, SHARE, WEEKS, HISTORIES = 0.05, 400, 0.8, 104, 500
RULE = PromotionRule(
    BootstrapConfig(2000, 0, ALPHA), slice_alpha=0.0, unscorable="keep", untrained="refuse", gate="trivial"
)
PASSED = EvaluationResult(
    {},
    [BaselineComparison("copy", "trivial", Difference(0.4, 0.2, 0.6, 0.001, 0.999, ROWS))],
    RULE.bootstrap.alpha,
)


@dataclass(frozen=True)
class Outcome:
    """What two years did: the share of histories with a replacement, and the optimism in standard errors."""

    replaced: float
    optimism: float


def difference(ours, theirs):
    """Compare the rows that are right, (n,), by the limit of the paired bootstrap: a normal distribution."""
    each = ours.astype(np.float64) - theirs
    value, error = each.mean(), each.std() / np.sqrt(len(each))
    half, tail = HALF_WIDTH * error, math.erfc(value / error / math.sqrt(2)) / 2
    better = max(tail, 1 / (RULE.bootstrap.resamples + 1))
    return Difference(value, value - half, value + half, better, 1 - tail, len(each))


def two_years(promoted: Callable[[Difference, int], bool]) -> Outcome:
    """Simulate histories of versions of one quality; promoted: the decision for the k-th comparison."""
    generator = np.random.default_rng(0)
    error = np.sqrt(SHARE * (1 - SHARE) / ROWS)
    ends = [history(generator.random((WEEKS + 1, ROWS)) < SHARE, promoted) for _ in range(HISTORIES)]
    replaced, scores = zip(*ends, strict=True)
    return Outcome(float(np.mean(replaced)), float((np.mean(scores) - SHARE) / error))


def history(right, promoted) -> tuple[bool, float]:
    """Return whether the first champion was replaced, and the last one's score; right: (weeks + 1, n)."""
    champion = 0
    for week in range(1, len(right)):
        if promoted(difference(right[week], right[champion]), week):
            champion = week
    return champion > 0, right[champion].mean()


def by_rule(found, number):
    """Decide by the promotion rule."""
    comparison = Comparison("accuracy", 0.0, 0.0, found, [], ROWS, 0)
    return decide(PromotionInputs("2", PASSED, False, "1", comparison, number), RULE).promote


def at_one_level(found, number):
    """Decide by the first comparison's rule every week, as if there had been no other."""
    return found.value > 0 and found.p_better < ALPHA


def by_ladder(found, number):
    """Decide by the parameter-free Ladder (Blum and Hardt 2015, algorithm 2)."""
    return found.value > (found.high - found.low) / (2 * HALF_WIDTH)


def test_equal_versions_seldom_replace_a_champion_in_two_years():
    found = two_years(by_rule)
    assert found.replaced <= 0.05
    assert found.optimism < 0.2


def test_equal_language_models_seldom_replace_a_champion_in_two_years():
    """Twelve blocks of passages: a t test of six degrees of freedom, whose far tails are heavy."""
    generator = np.random.default_rng(0)
    replaced = sum(champion_is_replaced(2.0 + 0.2 * generator.standard_normal((60, 24))) for _ in range(200))
    assert replaced <= binom.ppf(0.999, 200, ALPHA)


def champion_is_replaced(nats):
    """Return whether any of the further models replaces the first; nats: (models, passages)."""
    rows = np.stack([nats, np.ones_like(nats)], axis=2)
    first, *others = (Score("nats", row, ratio, False, "", block=2, unit="passage") for row in rows)
    return any(by_rule(paired(other, first, 100, 0), week) for week, other in enumerate(others, start=1))


def test_at_one_level_and_by_the_ladder_they_mostly_do():
    """The control: the simulation shows the fault that the levels remove."""
    one, ladder = two_years(at_one_level), two_years(by_ladder)
    assert one.replaced > 0.4
    assert one.optimism > 1
    assert ladder.replaced > 0.8


def test_a_version_that_is_much_better_is_promoted_even_after_a_hundred_comparisons():
    generator = np.random.default_rng(1)
    better = [
        by_rule(difference(generator.random(ROWS) < 0.95, generator.random(ROWS) < SHARE), 100)
        for _ in range(200)
    ]
    assert np.mean(better) > 0.9


def test_the_levels_of_all_comparisons_sum_to_alpha():
    assert sum(level_of(ALPHA, number) for number in range(1, 100_000)) == pytest.approx(ALPHA, rel=1e-4)
