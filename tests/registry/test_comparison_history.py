"""Which comparisons were made on the same test rows."""

import numpy as np
import pandas as pd
import pytest

from seqops.registry.comparison_history import SKETCH, ComparisonHistory, RowSketch, level_of


def table(numbers, first_line=1):
    return pd.DataFrame(
        {
            "line": np.arange(len(numbers)) + first_line,
            "text": [f"sentence {n}" for n in numbers],
            "tokens": [np.array(["a", str(n)]) for n in numbers],
        }
    )


def sketch(numbers):
    return RowSketch.of(table(numbers))


def test_order_and_lines_of_the_rows_do_not_matter():
    shuffled = RowSketch.of(table([3, 1, 2], first_line=50))
    assert shuffled == sketch([1, 2, 3])
    assert shuffled.rows == 3
    assert shuffled != sketch([1, 2, 4])


def test_the_overlap_of_few_rows_is_exact():
    assert sketch(range(20)).overlap(sketch(range(10, 30))) == pytest.approx(10 / 30)
    assert sketch(range(20)).overlap(sketch(range(20))) == 1
    assert sketch(range(20)).overlap(sketch(range(20, 40))) == 0


@pytest.mark.parametrize(("common", "share"), [(1900, 1900 / 2100), (1000, 1000 / 3000), (100, 100 / 3900)])
def test_the_overlap_of_many_rows_is_estimated_from_the_smallest_hashes(common, share):
    found = sketch(range(2000)).overlap(sketch(range(2000 - common, 4000 - common)))
    assert found == pytest.approx(share, abs=3 * np.sqrt(share * (1 - share) / SKETCH))


def entry(version, champion, rows, stage="outcome", model="tagger"):
    numbers = {"champion_version": champion, "test_rows": sketch(rows).to_json()}
    return {
        "model": model,
        "stage": stage,
        "run_id": f"run {version}",
        "version": version,
        "numbers": numbers,
    }


def test_only_outcomes_of_the_model_on_the_same_rows_count():
    rows, other = range(20), range(100, 120)
    history = ComparisonHistory.of(
        sketch(rows),
        [
            entry("2", "1", rows),
            entry("3", "1", rows, stage="intent"),
            entry("3", "1", rows),
            entry("4", "1", other),
            entry("2", "1", rows),
            entry("2", "1", rows, model="other"),
            {"model": "tagger", "stage": "outcome", "run_id": "run 1", "version": "1", "numbers": {}},
            {"time": "a retraining, not a decision"},
        ],
        "tagger",
    )
    assert [version for _, version, _ in history.made] == ["2", "3"]
    assert [history.number(f"run {v}", v, "1") for v in ("2", "3", "4")] == [1, 2, 3]
    assert history.number("run 2", "2", "3") == 3, "with another champion it is another comparison"
    assert history.summary(0.05) == (
        "2 comparisons with a champion on the current 20 test rows; the next one needs p < 0.00338."
    )


def test_the_level_falls_with_the_square_of_the_number():
    assert [level_of(0.05, k) for k in (1, 2, 10)] == pytest.approx(
        [0.030396, 0.0075991, 0.00030396], rel=1e-4
    )
