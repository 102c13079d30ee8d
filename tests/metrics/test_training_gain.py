"""Whether training improved on the initial model, on rows that are counted by hand."""

import json

import numpy as np
import pytest

from seqops.core.score import Score
from seqops.metrics.paired_tests import Difference
from seqops.metrics.training_gain import TrainingGain


def accuracy(right, n=40, block=1):
    """Score accuracy over n rows, of which the first `right` are right."""
    statistics = np.stack([np.arange(n) < right, np.ones(n)], axis=1).astype(np.float64)
    return Score("accuracy", statistics, lambda sums: sums[..., 0] / sums[..., 1], True, "right", block)


def gain(initial, best, epochs=4, trained=True, **rows):
    return TrainingGain.measure(
        accuracy(initial, **rows), accuracy(best, **rows), 2 if trained else 0, trained, epochs
    )


def test_a_large_gain_is_an_improvement():
    found = gain(10, 30)
    assert found.outcome(0.05) == "improved"
    assert found.summary(0.05) == (
        "Training improved on the initial model: accuracy 0.25 before training, 0.75 at epoch 2, "
        "on 40 validation rows."
    )


def test_where_the_start_is_best_training_did_not_improve():
    found = gain(30, 30, trained=False)
    assert found.outcome(0.05) == "not improved"
    assert found.summary(0.05).startswith("Training did not improve on the initial model: no epoch has ")


def test_a_gain_of_two_rows_is_within_noise():
    """The two rows that differ favour one model by chance with a probability of 2^-2."""
    found = gain(20, 22)
    assert found.outcome(0.05) == "not improved"
    assert "is within noise (p 0.25" in found.summary(0.05)


def test_the_level_is_divided_by_the_epochs_from_which_the_best_was_chosen():
    """The five rows that differ give p = 2^-5, below 0.05 and above 0.05 / 10."""
    one, ten = gain(20, 25, epochs=1), gain(20, 25, epochs=10)
    assert one.difference.p_better == 0.5**5
    assert (one.outcome(0.05), ten.outcome(0.05)) == ("improved", "not improved")


def test_a_fit_of_many_epochs_can_still_pass():
    assert gain(10, 30, epochs=200).outcome(0.05) == "improved"


def test_few_blocks_of_rows_do_not_decide():
    found = gain(10, 30, block=12)
    assert found.outcome(0.05) == "undecided"
    assert found.summary(0.05).endswith("too few to test whether that is an improvement.")
    assert gain(10, 10, block=12, trained=False).outcome(0.05) == "not improved"


@pytest.mark.parametrize("right", [10, 30])
def test_the_numbers_survive_json(right):
    found = gain(20, right)
    again = TrainingGain.read(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    assert again.to_json() == found.to_json()
    assert again.summary(0.05) == found.summary(0.05)


def test_a_gain_on_all_of_few_rows_is_undecided_after_many_epochs():
    """No p-value of twelve rows resolves 0.05 / 100; one of 0.25 is not near it."""
    assert gain(0, 12, epochs=100, n=12).outcome(0.05) == "undecided"
    assert gain(0, 2, epochs=100, n=12).outcome(0.05) == "not improved"
    assert gain(0, 12, epochs=4, n=12).outcome(0.05) == "improved"


@pytest.mark.parametrize(
    ("freedom", "p", "outcome"),
    [
        (4, 0.013, "undecided"),  # 0.05 / 100 would be 8.6 standard errors
        (4, 0.06, "not improved"),
        (4, 0.0004, "improved"),
        (11, 0.013, "not improved"),  # 4.4 standard errors
        (11, 0.0004, "improved"),
    ],
)
def test_few_degrees_of_freedom_do_not_decide_after_many_epochs(freedom, p, outcome):
    tested = Difference(50.0, 10.0, 90.0, p, 1 - p, 20, freedom=freedom)
    assert TrainingGain("mase", 51.0, 1.0, 93, True, 100, 40, tested).outcome(0.05) == outcome


def test_the_advice_follows_the_outcome_and_is_kept():
    found = TrainingGain.measure(accuracy(10), accuracy(30), 4, True, 4, "Raise fit.epochs.")
    assert found.summary(0.05).endswith("at epoch 4, on 40 validation rows. Raise fit.epochs.")
    assert TrainingGain.read(json.loads(json.dumps(found.to_json()))).advice == "Raise fit.epochs."
    former = {name: value for name, value in found.to_json().items() if name != "advice"}
    assert TrainingGain.read(former).advice == ""


def test_a_model_that_is_fitted_as_a_whole_has_no_initial_model_and_is_not_untrained():
    found = TrainingGain.of_whole_fit(accuracy(30))
    again = TrainingGain.read(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    assert found.outcome(0.05) == again.outcome(0.05) == "no initial model"
    assert again.summary(0.05) == (
        "The model is fitted as a whole, so there is no initial model to compare it with: "
        "accuracy 0.75 on 40 validation rows."
    )
    assert TrainingGain.of_whole_fit(accuracy(1, 1)).summary(0.05).endswith("accuracy 1 on 1 validation row.")


def test_a_model_that_is_fitted_as_a_whole_has_no_epoch_and_no_initial_score():
    found = TrainingGain.of_whole_fit(accuracy(30))
    content = found.to_json()
    assert (content["best_epoch"], content["epochs"], content["initial"]) == (None, 0, None)
    again = TrainingGain.read(json.loads(json.dumps(content)))
    assert again.to_json() == content
    assert again.outcome(0.05) == "no initial model"
