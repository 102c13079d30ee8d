"""Which validation rows choose trials, which compare finalists, and when there are too few."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parts import metrics_of
from seqops.core.ragged import Ragged, Split
from seqops.core.score import Units
from seqops.params import Params
from seqops.tuning.holdout import hold_out
from toy import ToyData, ToyMetrics

ROOT = Path(__file__).parents[2]


class InOrder(ToyMetrics):
    """Rows in order, of which four consecutive ones overlap."""

    def units(self, truth, meta):
        return Units(None, 4, "origin")


class OfSeries(ToyMetrics):
    """Rows that are series."""

    def units(self, truth, meta):
        return Units(None, 1, "series")


def split(rows, **columns):
    return Split({"row": np.arange(rows), **columns})


def rows_of(part):
    return part.plain("row").tolist()


def test_independent_rows_are_drawn_and_each_is_in_one_part():
    found = hold_out(split(100), ToyMetrics(ToyData()), {}, 0.3, 0)
    selection, held_out = rows_of(found.selection), rows_of(found.held_out)
    assert len(held_out) == 30
    assert sorted(selection + held_out) == list(range(100))
    assert held_out != list(range(70, 100))
    assert selection == sorted(selection)
    assert rows_of(hold_out(split(100), ToyMetrics(ToyData()), {}, 0.3, 0).held_out) == held_out
    assert rows_of(hold_out(split(100), ToyMetrics(ToyData()), {}, 0.3, 1).held_out) != held_out
    assert found.description == (
        "70 rows of the validation split choose and stop the trials. 30 rows of it, which no trial "
        "was chosen or stopped on, decide between the finalists and the present values."
    )
    assert found.described(70) == found.description
    assert found.described(64) == (
        f"{found.description} Each fit is scored on 64 of the former, drawn by its seed."
    )


def test_series_are_counted_in_their_plural():
    found = hold_out(split(100), OfSeries(ToyData()), {}, 0.3, 0)
    assert found.description.startswith("70 series of the validation split")


def test_a_group_is_in_one_part():
    groups = np.repeat(np.arange(50), 3)
    found = hold_out(split(150, group=groups), ToyMetrics(ToyData()), {}, 0.5, 0)
    own = [set(part.plain("group").tolist()) for part in (found.selection, found.held_out)]
    assert [len(x) for x in own] == [25, 25]
    assert not own[0] & own[1]
    assert "75 rows (25 groups) of it" in found.description


def test_the_last_rows_in_order_are_held_out_and_those_that_overlap_with_them_are_unused():
    found = hold_out(split(100), InOrder(ToyData()), {}, 0.4, 0)
    assert rows_of(found.held_out) == list(range(60, 100))
    # the forecast from row 56 reaches row 59
    assert rows_of(found.selection) == list(range(57))
    assert "The 3 between them, which depend on both parts, are in neither." in found.description


@pytest.mark.parametrize(
    ("rows", "metrics", "share", "reason"),
    [
        (
            38,
            ToyMetrics,
            0.5,
            "19 rows would be held out, and the test needs 20. Give at least 40 rows of validation.",
        ),
        (
            60,
            InOrder,
            0.6,
            "36 origins would be held out, 9 of them independent, and the test needs 10. Give at "
            "least 67 origins of validation.",
        ),
        (44, InOrder, 0.9, "1 origin would be left to choose trials on. Lower tuning.holdout."),
    ],
)
def test_too_few_rows_are_not_held_out_and_the_description_says_so(rows, metrics, share, reason):
    found = hold_out(split(rows), metrics(ToyData()), {}, share, 0)
    assert found.held_out is None
    assert rows_of(found.selection) == list(range(rows))
    assert reason in found.description
    assert "the present values, which stay" in found.description


def test_units_are_those_of_the_goals_score():
    params = Params.load(ROOT / "params.yaml")
    forecast, textgen = (metrics_of(params.task(name).data) for name in ("forecast", "textgen"))
    origins = np.repeat(np.arange(30), 2)
    targets, long = np.ones((60, 12, 1)), np.zeros(60, bool)
    history = Ragged.from_rows([np.ones((12, 1))] * 60, np.float64)
    scale = np.ones((60, 1))
    truth = Split({"origin": origins, "targets": targets, "long": long, "history": history, "scale": scale})
    meta = {
        "backtest_horizon": 12,
        "origins": {"first": 0, "last": 29},
        "season": 1,
        "unit": "origin",
        "horizon": 12,
    }
    mean = pd.DataFrame({"mean": [np.zeros(12)] * 60})
    passages = Split({"characters": np.full(50, 200)})
    sections = Split({"characters": np.full(50, 200), "group": np.repeat(np.arange(25), 2)})
    nats = pd.DataFrame({"nats": np.ones(50)})
    for metrics, rows, predicted, m in (
        (forecast, truth, mean, meta),
        (textgen, passages, nats, {}),
        (textgen, sections, nats, {}),
    ):
        score, units = metrics.score(predicted, rows, m)[0], metrics.units(rows, m)
        assert (units.block, units.unit) == (score.block, score.unit)
        assert (units.groups is None) == (score.groups is None)
        if units.groups is not None:
            assert units.groups.tolist() == score.groups.tolist()
