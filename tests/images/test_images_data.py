"""Splits, encoding and checks of labelled pictures."""

import numpy as np
import pytest
from pictures_task import grey, task, zipped

from seqops.core.errors import DataError
from seqops.validation import run_expectations


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder, data = tmp_path_factory.mktemp("digits"), task()
    for name, content in data.sample().items():
        (folder / name).write_bytes(content)
    return data.read(sorted(folder.iterdir()))


def failures(data, table):
    report = run_expectations(data.with_checked_columns(table), data.expectations())
    return [result.expectation.meaning for result in report.results if not result.passed]


def test_the_sample_has_the_1797_digits_of_scikit_learn(digits):
    assert digits["label"].value_counts().sort_index().tolist() == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180
    ]  # fmt: skip
    assert digits["content"].is_unique
    assert failures(task(), digits) == []


def test_the_scale_is_that_of_the_training_pictures(digits):
    rows = digits.iloc[:3].assign(picture=[grey(0), grey(255), grey(255)])
    meta = task().fit_encoding(rows, np.array(["train", "train", "test"]))
    assert (meta["mean"], meta["spread"]) == ([0.5], [0.5])
    assert meta["labels"] == ["0", "1"]


def test_a_copy_of_a_test_picture_is_not_used_for_training(tmp_path):
    names = {f"train/{i % 2}/{i}.png": grey(i) for i in range(40)}
    files = names | {f"test/{i % 2}/{i}.png": grey(i) for i in range(30, 50)}
    data = task(layout="folders", split="published")
    table = data.read([zipped(tmp_path / "x.zip", files)])
    split = data.assign_splits(table)
    assert (split[table["published"] == "test"] == "test").all()
    assert (split == "unused").sum() == 10
    assert failures(data, table) == []


def test_few_labelled_pictures_keep_the_shares_of_the_classes(digits):
    data = task(max_labelled=50)
    splits, _ = data.split_and_encode(digits)
    assert len(splits["train"]) == 50
    counts = np.bincount(splits["train"].plain("label"), minlength=10)
    assert (counts.min(), counts.max()) == (4, 6)


def test_one_class_an_absent_class_and_tiny_pictures_are_named(tmp_path):
    one = task(layout="folders").read(
        [zipped(tmp_path / "1.zip", {f"a/{i}.png": grey(i) for i in range(60)})]
    )
    assert failures(task(), one) == ["training pictures have two labels"]
    two = {f"{'ab'[i % 2]}/{i}.png": grey(i, side=1 if i == 7 else 8) for i in range(60)}
    data = task(layout="folders", labels=("a", "b", "c"))
    assert failures(data, data.read([zipped(tmp_path / "2.zip", two)])) == [
        "no picture is smaller than 4 x 4 pixels",
        "every label occurs in training: a, b, c (data.labels)",
    ]


def test_equal_pictures_with_two_labels_are_refused(tmp_path):
    files = {f"{'ab'[i % 2]}/{i}.png": grey(i) for i in range(60)} | {"a/1.png": grey(1)}
    table = task(layout="folders").read([zipped(tmp_path / "x.zip", files)])
    assert failures(task(), table) == ["equal pictures have equal labels"]


def test_files_without_a_published_split_are_refused(tmp_path):
    files = {f"{'ab'[i % 2]}/{i}.png": grey(i) for i in range(60)}
    data = task(layout="folders", split="published")
    with pytest.raises(DataError, match="no published split"):
        data.assign_splits(data.read([zipped(tmp_path / "x.zip", files)]))
