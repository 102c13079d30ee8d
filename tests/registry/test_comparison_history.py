"""Which comparisons were made on the same test rows."""

import numpy as np
import pytest

from seqops.core.ragged import Split
from seqops.preprocessing.row_keys import KEYS, keys_column
from seqops.registry.comparison_history import SKETCH, ComparisonHistory, RowSketch, level_of


def sketch(numbers):
    keys = keys_column([f"sentence {n}" for n in numbers], [f"group {n}" for n in numbers])
    return RowSketch.of(Split({KEYS: keys}))


def test_the_order_of_rows_does_not_matter():
    assert sketch([3, 1, 2]) == sketch([1, 2, 3]) != sketch([1, 2, 4])
    assert (sketch([1, 2, 3]).rows, sketch([1, 2, 3]).keys) == (3, 6)


def test_the_share_of_few_rows_is_exact():
    assert sketch(range(20)).contained_in(sketch(range(10, 50))) == pytest.approx(1 / 2)
    assert sketch(range(10, 50)).contained_in(sketch(range(20))) == pytest.approx(1 / 4)
    assert sketch(range(20)).contained_in(sketch(range(20))) == 1
    assert sketch(range(20)).contained_in(sketch(range(20, 40))) == 0


@pytest.mark.parametrize("common", [1900, 1000, 100])
def test_the_share_of_many_rows_is_estimated_from_the_smallest_hashes(common):
    found = sketch(range(2000)).contained_in(sketch(range(2000 - common, 4000 - common)))
    jaccard = common / (4000 - common)
    error = np.sqrt(jaccard * (1 - jaccard) / SKETCH) * 2 / (1 + jaccard) ** 2
    assert found == pytest.approx(common / 2000, abs=3 * error)


def test_rows_under_other_group_names_are_the_same_rows():
    texts = [f"sentence {n}" for n in range(20)]
    former, renamed = (
        RowSketch.of(Split({KEYS: keys_column(texts, [f"{name} {n}" for n in range(20)])}))
        for name in ("group", "export 2, group")
    )
    assert renamed.contained_in(former) == pytest.approx(1 / 2)


def test_a_sketch_of_a_former_release_shares_no_row():
    stored = {"rows": 20, "hashes": list(sketch(range(20)).hashes)}
    assert sketch(range(20)).contained_in(RowSketch.read({**stored, "hashes": ["0" * 8]})) == 0


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
