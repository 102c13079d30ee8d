"""Labels of cumulative sums, splits, expectations, baselines, scores and requests."""

import numpy as np
import pandas as pd
import pytest
from steps import read_sample, task, write_csv

from parts import endpoint_of, evaluation_of
from seqops.core.errors import DataError
from seqops.core.ragged import Ragged, Split
from seqops.tasks.labelling import metrics
from seqops.tasks.labelling.data.dataset import GENERATED
from seqops.tasks.labelling.data.sample import labels
from seqops.tasks.labelling.evaluation import baselines
from seqops.validation import run_expectations


def test_a_step_is_1_once_the_sum_exceeds_a_quarter_of_the_length():
    # with 4 steps the threshold is 1.0000, which must be exceeded
    assert labels(np.array([4000, 6000, 1, 0])).tolist() == [0, 0, 1, 1]
    # the same start with 8 steps: the threshold is 2
    assert labels(np.array([4000, 6000, 1, 0, 9999, 1, 0, 0])).tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(("source", "lengths"), [("cumsum", {*range(5, 16)}), ("cumsum-ten", {10})])
def test_generated_files_follow_the_rule_and_are_deterministic(tmp_path, source, lengths):
    [(name, content)] = GENERATED[source]().items()
    assert GENERATED[source]() == {name: content}
    (tmp_path / name).write_bytes(content)
    table = task().read([tmp_path / name])
    assert len(table) == 1400
    assert {len(row) for row in table["labels"]} == lengths
    for figures, labels_ in zip(table["value.value"], table["labels"], strict=True):
        exact = np.rint(np.array(figures) * 10_000).astype(int)
        assert labels(exact).tolist() == labels_


def test_equal_sequences_stay_together_and_the_expectations_are_met(tmp_path):
    whole = read_sample(tmp_path)
    table = pd.concat([whole, whole], ignore_index=True)
    checked = task().with_checked_columns(table)
    names = checked["split"].to_numpy()
    assert (names[:60] == names[60:]).all()
    assert set(names) == {"train", "validation", "test"}
    assert run_expectations(checked, task().expectations()).passed


def unmet_expectations(checked, data):
    return [
        o.expectation.meaning for o in run_expectations(checked, data.expectations()).results if not o.passed
    ]


def test_unmet_expectations_are_found(tmp_path):
    data = task(max_length=14)
    table = read_sample(tmp_path)
    assert max(map(len, table["labels"])) == 15
    duplicate = table.iloc[[0]].assign(labels=[[1 - x for x in table["labels"][0]]])
    checked = data.with_checked_columns(pd.concat([table, duplicate], ignore_index=True))
    assert unmet_expectations(checked, data) == [
        "a sequence has 1 to 14 steps (data.max_length)",
        "sequences of equal numbers have equal labels",
    ]
    separate = checked.drop(columns="split").assign(split=["train"] * 60 + ["test"])
    from seqops.tasks.labelling.data.checks import with_checked_columns

    assert "no sequence occurs in two splits" in unmet_expectations(with_checked_columns(separate), data)


def test_training_steps_of_one_label_are_refused(tmp_path):
    table = read_sample(tmp_path)
    one = table.assign(labels=[[0] * len(row) for row in table["labels"]])
    assert "a training step has the label 1" in unmet_expectations(task().with_checked_columns(one), task())
    with pytest.raises(DataError, match="every training step has the label 0"):
        task().split_and_encode(one)


def test_too_few_sequences_are_refused(tmp_path):
    table = task().read([write_csv(tmp_path, ["a,1,0", "a,2,1", "b,1,0"])])
    with pytest.raises(DataError, match=r"2 sequences are too few: no rows for"):
        task().assign_splits(table)


def split(figures, labels_):
    columns = [np.array(row, float)[:, None] for row in figures]
    return Split({"figures": Ragged.from_rows(columns, float), "labels": Ragged.from_rows(labels_, np.int8)})


def test_baselines_by_hand():
    train = split([[1, 2], [3, 4], [5, 6]], [[0, 1], [0, 1], [1, 1]])
    test = split([[0, 0, 0, 0]], [[0, 0, 0, 0]])
    parts = {"train": train, "test": test}
    assert baselines.usual(parts)["labels"].tolist() == [[1, 1, 1, 1]]
    # with two steps the midpoints are in the 6th and the 16th of 20 parts; the other parts have no label
    assert baselines.sequence_part(np.array([2, 4])).tolist() == [5, 15, 2, 7, 12, 17]
    assert baselines.by_position({**parts, "test": train})["labels"].tolist() == [[0, 1]] * 3


def test_scores_by_hand_with_one_row_per_sequence():
    truth = Ragged.from_rows([[0, 1, 1], [1], [0, 0]], np.int8)
    predicted = pd.Series([[0, 1, 0], [1], [1, 0]])
    found = {s.name: s for s in metrics.all_of(predicted, truth)}
    assert found["accuracy"].statistics.tolist() == [[2, 3], [1, 1], [1, 2]]
    assert found["accuracy"].point() == pytest.approx(4 / 6)
    # true positives, false positives, false negatives
    assert found["f1"].statistics.tolist() == [[1, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert found["f1"].point() == pytest.approx(4 / 6)
    assert found["exact"].each().tolist() == [0, 1, 0]
    assert found["exact"].point() == pytest.approx(1 / 3)


def test_slices_by_length_and_by_changes_of_the_label():
    truth = split([[1, 2], [1, 2, 3], [1]], [[0, 1], [1, 1, 1], [0]])
    masks = evaluation_of(task()).slices(truth, {"usual_length": 2})
    assert {name: mask.tolist() for name, mask in masks.items()} == {
        "up to 2 steps": [True, False, True],
        "over 2 steps": [False, True, False],
        "label changes": [True, False, False],
    }


def test_a_request_is_read_like_training_rows(tmp_path):
    meta = {"values": ["value"]}
    found = endpoint_of(task()).parse(["1 2.5, 3", "4\n5"], meta).ragged("figures")
    assert [found[i].tolist() for i in range(2)] == [[[1], [2.5], [3]], [[4], [5]]]
    several = endpoint_of(task()).parse(["1, 2\n\n3 4"], {"values": ["x", "y"]}).ragged("figures")
    assert several[0].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        (" \n", ["x"], r"^input 2: contains no number"),
        ("1 two", ["x"], r"^input 2: 'two' in column 'x' is not a number"),
        ("0,1 0,9 0,4", ["x"], r"^input 2: the comma in '0,1' may separate a fraction or two figures"),
        ("284,5", ["x"], r"^input 2: the comma in '284,5' may"),
        ("1 nan", ["x"], r"^input 2: no value in column 'x'"),
        ("1 " * 21, ["x"], r"^input 2: it has 21 steps\. Give at most 20"),
        ("1 2\n3", ["x", "y"], r"^input 2:2: 1 numbers, but training had 2\. .*x, y"),
    ],
)
def test_unusable_requests_are_refused(text, values, message):
    good = " ".join("1" for _ in values)
    with pytest.raises(DataError, match=message):
        endpoint_of(task()).parse([good, text], {"values": values})


def test_the_files_of_splits_are_the_splits_and_what_they_share_is_counted(tmp_path):
    numbers = {"train": range(40), "validation": (0, 50), "test": (60, 61, 1)}
    raw = []
    for split, values in numbers.items():
        (tmp_path / split).mkdir()
        rows = [{"id": n, "value": n + step, "label": step} for n in values for step in (0, 1)]
        raw.append(tmp_path / split / "sums.csv")
        pd.DataFrame(rows).to_csv(raw[-1], index=False)
    made = task(sequence="id", values=("value",))
    table = made.read(raw)
    assert made.assign_splits(table).tolist() == [*["train"] * 40, *["validation"] * 2, *["test"] * 3]
    checked = made.with_checked_columns(table)
    assert not checked["straddles"].any()
    assert made.leakage(checked) == {
        "validation rows with a sequence of training": 1,
        "test rows with a sequence of training": 1,
    }
    drawn = task(sequence="id", values=("value",), validation=0.25)
    split = drawn.assign_splits(drawn.read([raw[0], raw[2]]))
    assert split[40:].tolist() == ["test"] * 3
    assert 4 < np.sum(split[:40] == "validation") < 20
