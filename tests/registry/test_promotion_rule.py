"""The promotion rule on hand-worked cases: who becomes champion, and why not."""

from dataclasses import replace

import numpy as np
import pytest

from seqops.core.score import Score
from seqops.evaluation.baseline_comparisons import BaselineComparison
from seqops.evaluation.evaluate import BootstrapConfig, EvaluationResult
from seqops.metrics.multiple_testing import holm
from seqops.metrics.paired_tests import Difference
from seqops.metrics.training_gain import TrainingGain
from seqops.registry.promotion_rule import PromotionInputs, PromotionRule, compare_scores, decide

BOOTSTRAP = BootstrapConfig(resamples=1000, seed=0, alpha=0.05)
RULE = PromotionRule(BOOTSTRAP, slice_alpha=0.05, unscorable="keep", untrained="refuse", gate="trivial")
NO_SLICES = {}
WINS = Difference(0.4, 0.2, 0.6, 0.001, 0.999, 50)
LOSES = Difference(-0.1, -0.3, 0.1, 0.8, 0.2, 50)
LOST = Difference(-0.3, -0.4, -0.2, 0.999, 0.001, 50)
TIES = Difference(0.1, -0.1, 0.3, 0.2, 0.8, 50)


def correct(*rows):
    """Score accuracy over rows that are correct (1) or wrong (0)."""
    each = np.array(rows, float)
    return Score("accuracy", np.stack([each, np.ones(len(each))], axis=1), ratio, True, "share correct")


def wrong(*rows):
    """Score the error rate: lower is better."""
    return Score("error", correct(*rows).statistics, ratio, False, "share wrong")


def ratio(sums):
    return sums[..., 0] / sums[..., 1]


def inputs(comparison=None, champion="1", against=WINS, rolled_back=False, kind="trivial", **unscored):
    found = EvaluationResult({}, [BaselineComparison("copy", kind, against)], BOOTSTRAP.alpha)
    return PromotionInputs("2", found, rolled_back, champion, comparison, **unscored)


def masks(n, **rows):
    return {name: np.isin(np.arange(n), chosen) for name, chosen in rows.items()}


def test_a_version_that_is_correct_where_the_champion_is_wrong_becomes_champion():
    found = compare_scores(correct(*[1] * 20), correct(*[1] * 10, *[0] * 10), NO_SLICES, BOOTSTRAP)
    assert found.difference.value == 0.5
    # of the 2^10 ways to swap the ten rows that differ, only the observed one is as good
    assert found.difference.p_better < 0.005
    verdict = decide(inputs(found), RULE)
    assert verdict.promote
    assert verdict.reason.startswith("it beats version 1: by accuracy the difference is +0.5 [")


def test_a_tie_keeps_the_champion():
    found = compare_scores(correct(1, 0, 1, 0), correct(1, 0, 1, 0), NO_SLICES, BOOTSTRAP)
    assert (found.difference.value, found.difference.p_better) == (0.0, 1.0)
    verdict = decide(inputs(found), RULE)
    assert not verdict.promote
    assert verdict.reason == (
        "version 1 stays champion: by accuracy the difference is +0 (n = 4), p 1, "
        "not p < 0.0304 (comparison 1 on these test rows)"
    )


def test_a_gain_on_one_row_of_four_is_not_significant():
    found = compare_scores(correct(1, 1, 1, 0), correct(1, 1, 0, 0), NO_SLICES, BOOTSTRAP)
    # the row that differs is as likely to favour either
    assert found.difference.p_better == 0.5
    assert not decide(inputs(found), RULE).promote


def test_versions_of_too_few_independent_units_cannot_be_compared():
    new, champion = (
        replace(score, block=12, unit="origin") for score in (correct(*[1] * 36), correct(*[0] * 36))
    )
    found = compare_scores(new, champion, masks(36, all=range(36)), BOOTSTRAP)
    assert found.difference.p_better is None
    assert found.slices[0].p_worse is None
    assert decide(inputs(found), RULE).reason == (
        "version 1 stays champion: by accuracy the difference is +1, "
        "too few origins for an interval: 3 independent, so the two cannot be compared"
    )


def test_a_baseline_that_cannot_be_compared_is_not_beaten():
    few = Difference(0.4, None, None, None, None, 3, "too few origins for an interval: 3 independent")
    assert decide(inputs(champion=None, against=few), RULE).reason == (
        "it does not beat the trivial baseline copy "
        "(too few origins for an interval: 3 independent) at p < 0.05"
    )


def test_a_worse_version_is_not_promoted():
    found = compare_scores(correct(*[0] * 20), correct(*[1] * 20), NO_SLICES, BOOTSTRAP)
    assert (found.difference.value, found.difference.p_better) == (-1.0, 1.0)
    assert not decide(inputs(found), RULE).promote


def test_a_lower_error_is_better():
    found = compare_scores(wrong(*[0] * 20), wrong(*[1] * 10, *[0] * 10), NO_SLICES, BOOTSTRAP)
    assert found.difference.value == 0.5
    assert decide(inputs(found), RULE).promote


def worse_on_eight():
    """Win on 24 of 32 rows, lose on the other eight."""
    new, champion = correct(*[1] * 24, *[0] * 8), correct(*[0] * 24, *[1] * 8)
    return compare_scores(new, champion, masks(32, short=range(24), long=range(24, 32)), BOOTSTRAP)


def test_a_version_that_is_better_overall_and_worse_on_a_slice_is_not_promoted():
    found = worse_on_eight()
    assert found.difference.value == 0.5
    assert found.difference.p_better < 0.05
    short, long = found.slices
    assert (short.rows, short.difference.value, short.p_worse) == (24, 1.0, 1.0)
    assert (long.rows, long.difference.value) == (8, -1.0)
    # only one of the 2^8 ways to swap the rows is as bad
    assert long.p_worse == pytest.approx(2 * 0.5**8)
    verdict = decide(inputs(found), RULE)
    assert not verdict.promote
    assert "'long' (8 rows): -1 (n = 8), p 1" in verdict.reason
    assert "'short'" not in verdict.reason


def test_a_slice_alpha_of_zero_ignores_slices():
    assert decide(inputs(worse_on_eight()), replace(RULE, slice_alpha=0.0)).promote


def test_a_slice_of_four_rows_cannot_be_significant():
    new, champion = correct(*[1] * 20, *[0] * 4), correct(*[0] * 20, *[1] * 4)
    found = compare_scores(new, champion, masks(24, rare=range(20, 24)), BOOTSTRAP)
    assert found.slices[0].p_worse == 0.5**4
    assert decide(inputs(found), RULE).promote


def test_a_slice_without_rows_is_ignored():
    assert compare_scores(correct(1, 0), correct(0, 1), masks(2, none=[]), BOOTSTRAP).slices == []


def test_scores_on_different_rows_are_not_compared():
    with pytest.raises(ValueError, match="not the same rows"):
        compare_scores(correct(1, 0), correct(1), NO_SLICES, BOOTSTRAP)


def test_p_values_are_corrected_by_holm_s_method():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_first_version_to_beat_its_trivial_baselines_is_champion():
    verdict = decide(inputs(champion=None), RULE)
    assert verdict.promote
    assert verdict.reason == "there was no champion, and it beats every trivial baseline"


def untrained(champion=None):
    """Return a version that beats its trivial baselines with its initial weights."""
    training = TrainingGain("f1", 0.5, 0.5, 0, False, 4, 50, Difference(0.0, 0.0, 0.0, 1.0, 1.0, 50))
    found = inputs(champion=champion)
    return replace(found, evaluation=replace(found.evaluation, metrics={"training": training.to_json()}))


@pytest.mark.parametrize("champion", [None, "1"])
def test_a_version_that_training_did_not_improve_is_not_promoted(champion):
    verdict = decide(untrained(champion), RULE)
    assert not verdict.promote
    assert verdict.reason.startswith("training did not improve on the initial model")


def test_an_untrained_version_is_promoted_only_if_the_rule_allows_it():
    assert decide(untrained(), replace(RULE, untrained="allow")).promote


@pytest.mark.parametrize("champion", [None, "1"])
def test_a_version_that_does_not_beat_a_trivial_baseline_is_not_promoted(champion):
    found = compare_scores(correct(*[1] * 20), correct(*[0] * 20), NO_SLICES, BOOTSTRAP)
    verdict = decide(inputs(found, champion, against=LOSES), RULE)
    assert not verdict.promote
    assert verdict.reason == "it does not beat the trivial baseline copy (p 0.8) at p < 0.05"


def test_a_classical_baseline_does_not_block_promotion():
    assert decide(inputs(champion=None, against=LOSES, kind="classical"), RULE).promote


@pytest.mark.parametrize(
    ("gate", "against", "promoted"),
    [
        ("trivial", LOST, True),
        ("not_worse", LOST, False),
        ("all", LOST, False),
        ("not_worse", TIES, True),
        ("all", TIES, False),
        ("all", WINS, True),
    ],
)
@pytest.mark.parametrize("champion", [None, "1"])
def test_the_gate_determines_which_classical_baselines_must_be_passed(gate, against, promoted, champion):
    found = compare_scores(correct(*[1] * 20), correct(*[0] * 20), NO_SLICES, BOOTSTRAP)
    verdict = decide(inputs(found, champion, against, kind="classical"), replace(RULE, gate=gate))
    assert verdict.promote is promoted
    if not promoted:
        assert f"and registry.gate is {gate}" in verdict.reason
        assert "the classical baseline copy (" in verdict.reason


def test_the_reason_of_a_first_champion_names_the_gate_it_passed():
    verdict = decide(inputs(champion=None), replace(RULE, gate="not_worse"))
    assert verdict.reason == (
        "there was no champion, and it beats every trivial baseline and is worse than no classical one"
    )


def test_a_rolled_back_version_is_not_promoted_by_the_rule():
    found = compare_scores(correct(*[1] * 20), correct(*[0] * 20), NO_SLICES, BOOTSTRAP)
    verdict = decide(inputs(found, rolled_back=True), RULE)
    assert not verdict.promote
    assert "rolled back; only `seqops promote`" in verdict.reason


def test_a_champion_that_cannot_be_scored_stays_until_a_manual_promotion():
    verdict = decide(inputs(unscored="version 1: weights are lost"), RULE)
    assert not verdict.promote
    assert "version 1 stays champion" in verdict.reason
    assert "weights are lost" in verdict.reason
    assert "seqops promote" in verdict.reason


def test_the_champion_itself_is_not_compared():
    assert decide(inputs(champion="2", against=LOSES), RULE).reason == "it is the champion"


def unscorable(**why):
    return decide(inputs(**why), replace(RULE, unscorable="replace"))


def test_a_champion_that_cannot_be_scored_is_replaced_only_if_the_rule_allows_it():
    verdict = unscorable(champion_unscored="version 1: its library is gone")
    assert verdict.promote and "its library is gone" in verdict.reason
    assert not decide(inputs(champion_unscored="version 1: its library is gone"), RULE).promote


def test_a_version_that_cannot_be_scored_replaces_nothing():
    assert not unscorable(unscored="version 2: it predicts 3 rows").promote
    both = unscorable(unscored="version 2: it predicts 3 rows", champion_unscored="version 1: lost")
    assert not both.promote and "version 2" in both.reason


def test_a_version_that_loses_to_a_trivial_baseline_replaces_nothing():
    assert not unscorable(champion_unscored="version 1: lost", against=LOSES).promote
