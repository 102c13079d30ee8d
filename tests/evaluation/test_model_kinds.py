"""Baselines that a `model.kind` stands for are recommended if they are better."""

from dataclasses import replace

import numpy as np
import pandas as pd

from seqops.core.records import Baseline
from seqops.evaluation.evaluate import BootstrapConfig, evaluate
from seqops.evaluation.model_kinds import recommendation
from seqops.metrics.paired_tests import Difference
from toy import ToyData, ToyEvaluation, ToyMetrics

DATA = ToyData()
EVALUATION = ToyEvaluation(DATA, ToyMetrics(DATA))
SPLITS, META = DATA.split_and_encode(None)
TRUTH = SPLITS["test"]


def correct(count):
    """Return predictions of which the first `count` are correct."""
    odd = TRUTH.plain("odd")
    return pd.DataFrame({"odd": np.where(np.arange(len(odd)) < count, odd, 1 - odd)})


def baseline(name, count, kind=""):
    return Baseline(name, "classical", correct(count), model_kind=kind)


def verdict(ours, *baselines, evaluation=EVALUATION, mixed=False):
    bootstrap = BootstrapConfig(400, 0, 0.05)
    found = evaluate(evaluation, correct(ours), TRUTH, META, baselines, bootstrap, mixed=mixed)
    return found.metrics["verdict"]


def test_the_best_of_the_kinds_that_beat_the_model_is_recommended():
    good, better = baseline("good", 18, "a"), baseline("better", 20, "b")
    best = baseline("no kind", 20)
    assert verdict(2, good, better, best).endswith(
        ". better is better here (p = 0.007595): set model.kind: b."
    )


def test_of_a_mixture_the_recommendation_ends_the_mixture_too():
    found = verdict(2, baseline("better", 20, "b"), mixed=True)
    assert found.endswith(": set model.kind: b and model.mixture: none.")


def test_a_lower_score_is_better_where_the_goal_says_so():
    class LowerIsBetter(ToyMetrics):
        goal = replace(ToyMetrics.goal, higher_is_better=False)

        def score(self, predicted, truth, meta):
            return [replace(s, higher_is_better=False) for s in super().score(predicted, truth, meta)]

    lower = ToyEvaluation(DATA, LowerIsBetter(DATA))
    found = verdict(20, baseline("low", 0, "a"), baseline("lower", 2, "b"), evaluation=lower)
    assert found.endswith("low is better here (p = 0.004988): set model.kind: a.")


def test_what_is_better_but_not_significantly_is_named_as_one_to_try():
    hardly, behind = baseline("hardly", 11, "a"), baseline("behind", 9, "b")
    found = verdict(10, behind, hardly, baseline("no kind", 12))
    assert found.endswith(". hardly is better by its score alone (p = 1): try model.kind: a.")
    assert verdict(10, hardly, mixed=True).endswith(": try model.kind: a and model.mixture: none.")


def test_where_there_is_no_test_the_better_score_is_said_to_be_untested():
    untested = Difference(-0.1, None, None, None, None, 3, "too few origins")
    assert recommendation([baseline("sarima", 9, "sarima")], {}, {"sarima": untested}, False) == (
        "sarima is better by its score alone (not tested): try model.kind: sarima."
    )


def test_what_is_not_better_or_has_no_kind_is_not_recommended():
    assert "model.kind" not in verdict(10, baseline("behind", 9, "a"), baseline("equal", 10, "b"))
    assert "model.kind" not in verdict(2, baseline("no kind", 20))
