"""The score tables of the report."""

from seqops.evaluation.score_table import Whisker, goal_rows, metric_rows


def score(value, low=None, high=None):
    return {"value": value, "low": low, "high": high}


def metrics(higher_is_better, model, **baselines):
    return {
        "goal": "mase",
        "higher_is_better": higher_is_better,
        "model": {"mase": model, "mae": score(3.0)},
        "signatures": {"mase": "mase|horizon:2|scale:28.5 (training rows)"},
        "baselines": {name: {"mase": value} for name, value in baselines.items()},
        "baseline_kinds": {name: "trivial" if name == "naive" else "classical" for name in baselines},
        "against": {name: {"p_better": 0.25} for name in baselines},
    }


def test_rows_are_placed_between_the_ends_of_the_intervals():
    found = goal_rows(metrics(False, score(1.0, 0.5, 1.5), naive=score(2.0, 1.5, 2.5), ets=score(0.75)))
    assert [(row.name, row.kind, row.p) for row in found] == [
        ("ets", "classical", "0.2500"),
        ("model", "model", ""),
        ("naive", "trivial", "0.2500"),
    ]
    # from 0.5 to 1.5: naive is 1.25 from the best, more than four times the median distance of 0.25
    assert [row.whisker for row in found] == [
        Whisker(25.0, None, None),
        Whisker(50.0, 0.0, 100.0),
        Whisker(None, 100.0, 100.0),
    ]


def test_a_score_below_the_axis_is_marked_at_its_lower_end():
    found = goal_rows(metrics(True, score(0.9, 0.85, 0.95), naive=score(0.2), ets=score(0.88)))
    assert [row.whisker.below for row in found] == [False, False, True]
    assert found[2].whisker.dot is None


def test_the_highest_is_first_where_higher_is_better_and_an_undefined_score_is_last():
    found = goal_rows(metrics(True, score(0.5), naive=score(None), ets=score(0.75)))
    assert [row.name for row in found] == ["ets", "model", "naive"]
    assert found[2].whisker is None
    assert found[2].score == "–"


def test_equal_scores_are_in_the_middle():
    found = goal_rows(metrics(True, score(0.5), ets=score(0.5)))
    assert [row.whisker for row in found] == [Whisker(50.0, None, None)] * 2


def test_an_ablation_is_named_by_what_it_lacks():
    content = metrics(True, score(0.5, 0.4, 0.6))
    removed = {"part": "the LSTM", "scores": {"mase": score(0.4)}, "difference": {"p_better": 0.01}}
    found = goal_rows(content | {"ablations": {"smoothing alone": removed}})
    assert [(row.name, row.kind) for row in found] == [
        ("model", "model"),
        ("smoothing alone", "without the LSTM"),
    ]


def test_every_metric_stands_beside_the_best_baseline_of_each_kind():
    content = metrics(False, score(1.0), naive=score(2.0), ets=score(0.75), theta=score(0.5, 0.25, 1.0))
    columns, rows = metric_rows(content)
    assert columns == ["model", "naive", "theta"]
    assert [row.scores for row in rows] == [
        ["1 (no interval)", "2 (no interval)", "0.5 [0.25, 1]"],
        ["3 (no interval)", "–", "–"],
    ]
    assert [row.scale for row in rows] == ["scale:28.5 (training rows)", ""]
