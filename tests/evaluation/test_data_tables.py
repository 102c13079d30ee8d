"""Tables of the report about the training rows."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqops.core.interfaces import Evaluation
from seqops.core.ragged import Ragged, Split
from seqops.core.task_parts import EVALUATION
from seqops.evaluation.data_tables import data_tables
from seqops.params import Params
from toy import ToyData, ToyEvaluation, ToyMetrics

TASKS = Params.load(Path(__file__).parents[2] / "params.yaml").names
TRAINING = Split({"digits": Ragged.from_rows([range(n) for n in range(1, 22)], np.int64)})


class DescribedEvaluation(ToyEvaluation):
    def drift_features(self, split, meta):
        letters = list("bbbaac")
        return {
            "digits of a row": split.ragged("digits").lengths,
            "share": np.array([0.25, 1 / 3]),
            "letter": Ragged(np.array(letters), np.array([0, 3, 6])),
            "word": np.array([f"w{i:02}" for i in range(14)]),
            "nothing": np.array([]),
        }

    def rows(self, split, meta):
        return pd.DataFrame(
            {
                "input": ["x" * 300] * len(split),
                "picture": ["data:image/png;base64," + "A" * 300] * len(split),
                "n": split.ragged("digits").lengths,
            }
        )


@pytest.fixture
def tables():
    return data_tables(DescribedEvaluation(ToyData(), ToyMetrics(ToyData())), TRAINING, {})


def test_numbers_have_their_quantiles(tables):
    found = tables["Training rows: numbers"]
    assert found.to_numpy().tolist() == [
        ["digits of a row", "21", "1", "2", "11", "20", "21"],
        ["share", "2", "0.25", "0.25", "0.25", "0.3333", "0.3333"],
    ]


def test_categories_are_counted_the_most_frequent_first_and_the_last_together(tables):
    found = tables["Training rows: counts"].to_numpy().tolist()
    assert found[:3] == [
        ["letter", "b", "3", "50.0%"],
        ["letter", "a", "2", "33.3%"],
        ["letter", "c", "1", "16.7%"],
    ]
    assert [row[1] for row in found[3:]] == [*(f"w{i:02}" for i in range(12)), "2 others"]
    assert found[-1] == ["word", "2 others", "2", "14.3%"]


def test_examples_are_spaced_evenly_and_long_texts_are_cut(tables):
    found = tables["Training rows: examples"]
    assert found["n"].tolist() == [1, 6, 11, 16, 21]
    assert set(found["input"]) == {"x" * 200 + "…"}
    assert {len(picture) for picture in found["picture"]} == {322}


def test_a_task_that_describes_nothing_has_no_tables():
    found = data_tables(ToyEvaluation(ToyData(), ToyMetrics(ToyData())), TRAINING, {})
    assert [len(table.columns) for table in found.values()] == [0, 0, 0]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_shows_its_rows(task):
    shipped = importlib.import_module(f"seqops.tasks.{task}.{EVALUATION}").Evaluation
    assert shipped.rows is not Evaluation.rows
