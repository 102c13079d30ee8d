"""The verdict and the metrics of a toy task whose scores are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqops.core.records import Baseline
from seqops.core.score import Score
from seqops.evaluation.baseline_comparisons import BaselineComparison, corrected
from seqops.evaluation.evaluate import (
    BootstrapConfig,
    EvaluationResult,
    best_baseline,
    evaluate,
    verdict,
    worst_examples,
)
from seqops.metrics.paired_tests import Difference
from seqops.metrics.training_gain import TrainingGain
from toy import ToyData, ToyEvaluation, ToyMetrics

DATA = ToyData()
EVALUATION = ToyEvaluation(DATA, ToyMetrics(DATA))
SPLITS, META = DATA.split_and_encode(None)
TRUTH = SPLITS["test"]


def compared_with(name, value, low, high, p, kind="trivial"):
    return BaselineComparison(name, kind, Difference(value, low, high, p, 1 - p, 50))


BETTER = compared_with("copy", 0.3, 0.1, 0.5, 0.001)
EQUAL = compared_with("ets", 0.01, -0.2, 0.2, 0.4, "classical")
WORSE = compared_with("theta", -0.3, -0.5, -0.1, 1.0, "classical")


def evaluated(correct):
    """Evaluate predictions of which the first `correct` are correct."""
    odd = TRUTH.plain("odd")
    predicted = pd.DataFrame({"odd": np.where(np.arange(len(odd)) < correct, odd, 1 - odd)})
    return evaluate(
        EVALUATION, predicted, TRUTH, META, EVALUATION.baselines(SPLITS, META), BootstrapConfig(400, 0, 0.05)
    )


def test_the_verdict_names_baselines_beaten_and_not_beaten():
    words = verdict("f1", [BETTER, EQUAL, WORSE], 0.05)
    assert "beats copy; it does not differ significantly from ets; it loses to theta" in words


def test_the_verdict_says_that_a_baseline_cannot_be_compared():
    few = Difference(0.4, None, None, None, None, 3, "too few origins for an interval: 3 independent")
    words = verdict("mase", [BaselineComparison("copy", "trivial", few)], 0.05)
    assert words == (
        "By mase, the model cannot be compared with copy (too few origins for an interval: 3 independent)."
    )


def gain(initial, best, trained=True):
    difference = Difference(best - initial, -0.1, 0.1, 0.3, 0.7, 50)
    return TrainingGain("f1", initial, best, 1, trained, 1, 50, difference)


def test_training_that_did_not_improve_comes_first_in_the_verdict():
    words = verdict("f1", [BETTER], 0.05, gain(0.5, 0.5, trained=False))
    assert words.startswith("Training did not improve on the initial model: no epoch has a better f1 than")
    assert words.endswith(verdict("f1", [BETTER], 0.05))
    assert "is within noise" in verdict("f1", [BETTER], 0.05, gain(0.5, 0.52))


def test_the_gain_of_training_is_kept_with_the_scores():
    training = gain(0.5, 0.52)
    baselines = EVALUATION.baselines(SPLITS, META)
    predicted, bootstrap = pd.DataFrame({"odd": TRUTH.plain("odd")}), BootstrapConfig(400, 0, 0.05)
    result = evaluate(EVALUATION, predicted, TRUTH, META, baselines, bootstrap, training)
    assert EvaluationResult.read(result.metrics, 0.05).untrained
    assert result.metrics["training"]["best"] == 0.52
    assert result.metrics["training_summary"] in result.metrics["verdict"]


def test_a_model_that_is_fitted_as_a_whole_is_not_refused_as_untrained():
    baselines, predicted = EVALUATION.baselines(SPLITS, META), pd.DataFrame({"odd": TRUTH.plain("odd")})
    training = TrainingGain.of_whole_fit(EVALUATION.metrics.score(predicted, TRUTH, META)[0])
    bootstrap = BootstrapConfig(400, 0, 0.05)
    result = evaluate(EVALUATION, predicted, TRUTH, META, baselines, bootstrap, training)
    assert not EvaluationResult.read(result.metrics, 0.05).untrained
    assert "fitted as a whole" in result.metrics["training_summary"]
    assert "fitted as a whole" not in result.metrics["verdict"]


def test_scores_of_an_earlier_release_have_no_gain_of_training():
    evaluation = evaluated(20)
    assert evaluation.training is None
    assert not evaluation.untrained


def test_the_verdict_says_where_a_further_metric_disagrees():
    by_chrf = [BETTER, compared_with("ets", -0.3, -0.5, -0.1, 1.0), WORSE]
    words = verdict("bleu", [BETTER, EQUAL, WORSE], 0.05, further={"chrf": by_chrf})
    assert words.endswith("(paired tests, each one-sided at 0.05). By chrf, it loses to ets.")


def test_the_verdict_does_not_mention_a_further_metric_that_agrees():
    assert "chrf" not in verdict("bleu", [BETTER, WORSE], 0.05, further={"chrf": [BETTER, WORSE]})


class MetricsOfTwo(ToyMetrics):
    """Accuracy, and the share of odd rows found, by which a model that always says odd is best."""

    also_compared = ("recall",)

    def score(self, predicted, truth, meta):
        odd = truth.plain("odd").astype(float)
        found = np.stack([odd * predicted["odd"].to_numpy(), odd], axis=1)
        recall = Score("recall", found, lambda s: s[..., 0] / s[..., 1], True, "share of odd rows found")
        return [*super().score(predicted, truth, meta), recall]


class MetricsWithARemark(ToyMetrics):
    """Accuracy, and what it does not say."""

    def remarks(self, metrics, meta):
        return [f"{metrics['n_test']} rows are few."]


def test_what_the_goal_leaves_out_ends_the_verdict():
    evaluation = ToyEvaluation(DATA, MetricsWithARemark(DATA))
    odd, baselines = pd.DataFrame({"odd": np.ones(len(TRUTH), int)}), EVALUATION.baselines(SPLITS, META)
    result = evaluate(evaluation, odd, TRUTH, META, baselines, BootstrapConfig(50, 0, 0.05))
    assert result.metrics["verdict"].endswith(f". {len(TRUTH)} rows are few.")


def test_a_further_metric_is_compared_with_every_baseline_and_decides_nothing():
    evaluation = ToyEvaluation(DATA, MetricsOfTwo(DATA))
    always_odd = pd.DataFrame({"odd": np.ones(len(TRUTH), int)})
    baselines, bootstrap = EVALUATION.baselines(SPLITS, META), BootstrapConfig(400, 0, 0.05)
    result = evaluate(evaluation, always_odd, TRUTH, META, baselines, bootstrap)
    assert result.metrics["also_against"]["recall"]["always even"]["value"] == 1.0
    assert result.metrics["verdict"].endswith("By recall, it beats always even.")
    assert not result.beats_trivial
    read = EvaluationResult.read(result.metrics, 0.05)
    assert read.further["recall"][0].summary(0.05) == "beats"
    assert "also_against" not in evaluated(20).metrics
    assert evaluated(20).further == {}


def test_a_perfect_model_beats_the_trivial_baseline():
    evaluation = evaluated(20)
    assert evaluation.metrics["model"]["accuracy"] == {
        "value": 1.0,
        "low": 1.0,
        "high": 1.0,
        "units": 20,
    }
    assert evaluation.metrics["baselines"]["always even"]["accuracy"]["value"] == 0.45
    assert evaluation.beats_trivial


def test_a_model_that_is_always_wrong_does_not_beat_it():
    evaluation = evaluated(0)
    assert not evaluation.beats_trivial
    assert "loses to always even" in evaluation.metrics["verdict"]


def test_an_insignificant_gain_does_not_beat_it():
    assert evaluated(11).metrics["against"]["always even"]["value"] > 0
    assert not evaluated(11).beats_trivial


def test_a_classical_baseline_is_in_the_verdict_but_does_not_decide():
    evaluation = evaluated(20)
    evaluation.comparisons.append(WORSE)
    assert evaluation.beats_trivial


def test_losses_are_corrected_for_the_number_of_baselines_and_gains_are_not():
    found = {
        name: Difference(-0.1, -0.2, 0.0, 1 - p, p, 50)
        for name, p in (("a", 0.03), ("b", 0.01), ("c", 0.999))
    }
    found["d"] = Difference(0.1, None, None, None, None, 3, "too few")
    rows = corrected(found, dict.fromkeys(found, "classical"))
    assert [row.difference.p_worse for row in rows] == pytest.approx([0.09, 0.04, 1, None])
    assert [row.summary(0.05) for row in rows] == ["ties", "loses to", "beats", "undecided"]
    assert [row.difference.p_better for row in rows] == pytest.approx([0.97, 0.99, 0.001, None])


def test_the_best_baseline_is_chosen_within_its_kind():
    metrics = {
        "goal": "m",
        "higher_is_better": True,
        "baselines": {"a": {"m": {"value": 1.0}}, "b": {"m": {"value": 2.0}}, "c": {"m": {"value": None}}},
        "baseline_kinds": {"a": "trivial", "b": "classical", "c": "trivial"},
    }
    assert best_baseline(metrics, "trivial") == ("a", 1.0)
    assert best_baseline(metrics, "classical") == ("b", 2.0)
    assert (
        best_baseline({**metrics, "baseline_kinds": dict.fromkeys("abc", "trivial")}, "classical")[0]
        == "none"
    )


def test_the_best_baseline_depends_on_the_direction():
    metrics = {"goal": "m", "baselines": {"a": {"m": {"value": 1.0}}, "b": {"m": {"value": 2.0}}}}
    assert best_baseline({**metrics, "higher_is_better": True}) == ("b", 2.0)
    assert best_baseline({**metrics, "higher_is_better": False}) == ("a", 1.0)


def test_the_worst_examples_come_first():
    odd = TRUTH.plain("odd")
    predicted = pd.DataFrame({"odd": np.where(np.arange(20) == 7, 1 - odd, odd)})
    worst = worst_examples(EVALUATION, predicted, TRUTH, META, 3)
    assert worst.index[0] == 7
    assert worst["accuracy"].tolist() == [0.0, 1.0, 1.0]


def test_rows_with_nothing_to_score_are_no_worst_examples():
    class SomeRows(ToyMetrics):
        def score(self, predicted, truth, meta):
            [score] = super().score(predicted, truth, meta)
            scored = np.arange(len(score.statistics))[:, None] % 2
            return [replace(score, statistics=score.statistics * scored, value=lambda s: s[..., 0])]

    odd = TRUTH.plain("odd")
    predicted = pd.DataFrame({"odd": np.where(np.arange(20) == 7, 1 - odd, odd)})
    worst = worst_examples(ToyEvaluation(DATA, SomeRows(DATA)), predicted, TRUTH, META, 10)
    assert worst.index.tolist() == [7, 1, 3, 5, 9, 11, 13, 15, 17, 19]


def test_a_baseline_that_failed_is_named_with_its_reason_and_not_compared():
    odd = pd.DataFrame({"odd": TRUTH.plain("odd")})
    good = Baseline("good", "classical", odd, settings="C 10")
    broken = Baseline("broken", "classical", pd.DataFrame(), failure="3 of 20 fits failed: singular matrix")
    metrics = evaluate(EVALUATION, odd, TRUTH, META, [good, broken], BootstrapConfig(50, 0, 0.05)).metrics
    assert set(metrics["baselines"]) == set(metrics["against"]) == set(metrics["baseline_kinds"]) == {"good"}
    assert metrics["failed_baselines"] == {"broken": "3 of 20 fits failed: singular matrix"}
    assert metrics["baseline_settings"] == {"good": "C 10"}
    assert "broken failed and is left out: 3 of 20 fits failed" in metrics["verdict"]
