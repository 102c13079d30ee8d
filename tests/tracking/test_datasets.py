"""The splits of a task as dataset inputs of a run."""

import json

import numpy as np
import pytest

from seqops.core.ragged import Split
from seqops.tracking.datasets import dataset_inputs

SPLITS = {"train": Split({"x": np.arange(3)}), "test": Split({"x": np.arange(2)})}


def test_each_split_is_an_input_with_its_context_and_rows():
    inputs = dataset_inputs("ner", "sample", "0123456789abcdef", SPLITS)
    assert [(i.dataset.name, i.dataset.digest) for i in inputs] == [
        ("ner-train", "01234567"),
        ("ner-test", "01234567"),
    ]
    assert [i.tags[0].value for i in inputs] == ["training", "testing"]
    assert [json.loads(i.dataset.profile) for i in inputs] == [{"num_rows": 3}, {"num_rows": 2}]


@pytest.mark.parametrize(
    ("source", "kind", "where"),
    [
        ("sample", "code", {"tags": {"source": "sample"}}),
        ("https://example.org/a.csv", "http", {"url": "https://example.org/a.csv"}),
        ("https://e.org/a,https://e.org/b", "code", {"tags": {"source": "https://e.org/a,https://e.org/b"}}),
    ],
)
def test_the_source_is_a_url_where_it_is_one(source, kind, where):
    dataset = dataset_inputs("ner", source, "0" * 64, SPLITS)[0].dataset
    assert (dataset.source_type, json.loads(dataset.source)) == (kind, where)
