"""What a fit says of its epochs."""

from dataclasses import replace

import pytest

from seqops.core.callbacks import EpochResult, WholeFit
from seqops.core.settings import Stage
from seqops.training.early_stopping import announcement, summary
from toy import FIT_CONFIG

START = EpochResult(0, None, None, 0.1)
CONFIG = replace(FIT_CONFIG, epochs=5, patience=2)


def epochs(number, stage=0):
    return [EpochResult(epoch, 0.5, 0.01, 0.1 * epoch, stage) for epoch in range(1, number + 1)]


def test_a_fit_that_stops_early_says_so_and_names_the_setting():
    assert announcement([START, *epochs(3)], CONFIG) == (
        "Stopped early, after 3 of 5 epochs: the validation score had not improved for 2 epochs "
        "(fit.patience)."
    )


@pytest.mark.parametrize("history", [[START, *epochs(5)], [WholeFit(1, None, None, 0.4)]])
def test_a_whole_fit_stopped_nowhere(history):
    assert announcement(history, CONFIG) == ""


def test_the_stage_that_stopped_is_named():
    staged = replace(CONFIG, stages=(Stage(2, 0.01), Stage(4, 0.01)))
    found = announcement([START, *epochs(2), *epochs(3, stage=1)], staged)
    assert found.startswith("Stopped early, after 3 of 4 epochs of stage 2: ")


def test_the_summary_counts_the_trained_epochs():
    history = [START, *epochs(6)]
    assert summary(history, history[5]) == "6 epochs, best 5"
    assert summary(history[:2], history[0]) == "1 epoch, best 0"
    whole = WholeFit(1, None, None, 0.4)
    assert summary([whole], whole) == "fitted as a whole"
