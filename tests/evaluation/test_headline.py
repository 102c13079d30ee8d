"""The headline of an evaluation: flat, rounded, and narrow enough for the tables of DVC."""

import pytest

from seqops.evaluation.evaluate import EvaluationResult
from seqops.evaluation.headline import headline


def result(goal="f1", p_better=0.97912, p_worse=0.02088, **changes):
    difference = {"value": -0.0099423, "low": -0.02, "high": -0.001, "units": 465}
    metrics = {
        "goal": goal,
        "higher_is_better": True,
        "n_test": 465,
        "model": {goal: {"value": 0.9739640631, "low": 0.9641623883, "high": 0.9810634565}},
        "baselines": {
            "copy": {goal: {"value": 0.1}},
            "feature CRF": {goal: {"value": 0.9839063644}},
        },
        "baseline_kinds": {"copy": "trivial", "feature CRF": "classical"},
        "against": {
            "copy": {**difference, "value": 0.87, "p_better": 0.0005, "p_worse": 1.0},
            "feature CRF": {**difference, "p_better": p_better, "p_worse": p_worse},
        },
    }
    return EvaluationResult.read({**metrics, **changes}, 0.05)


def test_the_headline_compares_the_goal_with_the_best_baseline():
    assert headline(result()) == {
        "goal": "f1",
        "value": 0.974,
        "low": 0.9642,
        "high": 0.9811,
        "n": 465,
        "seeds": 1,
        "best_baseline": ["feature CRF", 0.9839],
        "lead": -0.00994,
        "p": 0.9791,
        "verdict": "loses",
    }


@pytest.mark.parametrize(
    ("p_better", "p_worse", "verdict"),
    [
        (0.01, 0.99, "beats"),
        (0.3, 0.7, "ties"),
        (None, None, "untested"),
    ],
)
def test_the_verdict_is_the_outcome_against_the_best_baseline(p_better, p_worse, verdict):
    found = headline(result(p_better=p_better, p_worse=p_worse))
    assert (found["verdict"], found["p"]) == (verdict, p_better)


def test_a_model_that_training_did_not_improve_is_untrained():
    gain = {"value": 0.0, "low": -0.1, "high": 0.1, "p_better": 0.6, "p_worse": 0.4, "units": 50}
    training = {"metric": "f1", "initial": 0.5, "best": 0.5, "best_epoch": 3, "trained": True, "epochs": 3}
    training |= {"rows": 50, "difference": gain}
    assert headline(result(training=training))["verdict"] == "untrained"


def test_the_seeds_are_counted_and_missing_numbers_stay_missing():
    without = {"baselines": {}, "baseline_kinds": {}, "against": {}, "seeds": {"seeds": [0, 1, 2]}}
    model = {"f1": {"value": 0.5, "low": None, "high": None, "reason": "n = 4"}}
    found = headline(result(model=model, **without))
    assert found["seeds"] == 3
    assert [found[key] for key in ("low", "high", "best_baseline", "lead", "p")] == [None] * 5
    assert found["verdict"] == "no baseline"


def test_a_line_of_dvc_fits_120_columns():
    path = "data/translation/metrics.json"
    found = headline(result(goal="backtest_mase", n_test=25_000)) | {"verdict": "no baseline"}
    shown = [value for value in found.items() if not isinstance(value[1], list)]
    widths = [max(len(key), len(str(value))) for key, value in shown]
    assert len(path) + sum(2 + width for width in widths) == 112
