"""The learning curves of the report."""

import pytest

from seqops.evaluation.training_curves import Panel, panels
from seqops.metrics.training_gain import TrainingGain

HISTORY = """epoch,loss,learning_rate,validation,stage,objective
1,9.0,0.1,0.1,0,language model
0,,,0.5,1,goal
1,3.0,0.1,0.9,1,goal
2,2.0,0.1,0.7,1,goal
3,1.0,0.1,0.7,1,goal
"""


@pytest.fixture
def training():
    gain = {"value": 0.4, "low": 0.3, "high": 0.5, "p_better": 0.001, "p_worse": 1.0, "units": 50}
    found = {"metric": "f1", "initial": 0.5, "best": 0.9, "best_epoch": 1, "trained": True, "epochs": 3}
    return TrainingGain.read({**found, "rows": 50, "difference": gain})


def test_a_curve_has_a_place_for_each_epoch_and_its_best_one_marked(tmp_path, training):
    path = tmp_path / "history.csv"
    path.write_text(HISTORY)
    assert panels(path, training) == [
        Panel(
            "training loss",
            "0.0,0.0 50.0,50.0 100.0,100.0",
            "0.0,0.0",
            "training loss: 3 kept from epoch 1, 1 at epoch 3",
        ),
        Panel(
            "validation f1",
            "0.0,100.0 33.3,0.0 66.7,50.0 100.0,50.0",
            "33.3,0.0",
            "validation f1: 0.5 at epoch 0, 0.9 kept from epoch 1, 0.7 at epoch 3",
        ),
    ]


def test_an_infinite_loss_is_left_out(tmp_path, training):
    path = tmp_path / "history.csv"
    path.write_text(HISTORY.replace("1,3.0,0.1,0.9", "1,inf,0.1,0.9"))
    assert panels(path, training)[0].line == "0.0,0.0 100.0,100.0"


def test_one_epoch_is_no_curve_and_equal_values_are_a_level_line(tmp_path, training):
    path = tmp_path / "history.csv"
    head, *lines = HISTORY.splitlines()
    path.write_text("\n".join([head, *lines[2:3]]))
    assert panels(path, training) == []
    path.write_text("\n".join([head, *lines[3:]]))
    assert panels(path, training)[1].line == "0.0,50.0 100.0,50.0"
