"""Stages of a fit: what is learnt first, which layers move, at which rate, and kills in each of them."""

import dataclasses

import numpy as np
import pytest
from test_fit import DATA, META, SPLITS, KillAfter, Killed, Seen

from seqops.core.errors import ConfigError
from seqops.core.settings import Stage
from seqops.training.loop import train
from toy import RECIPE, ToyMetrics, ToyNetwork

STILL = 1e-12
PRETEXT = Stage(2, 0.01, objective="pretext")
HEAD = Stage(2, 0.01, layers=("logits",))
WHOLE = Stage(2, 0.005, layers=("embedding", "encoder", "logits"), layer_lr_decay=2.0)


def fit(*stages, checkpoint=None, watcher=None, **changes):
    fit_config = dataclasses.replace(RECIPE, stages=stages, **changes)
    return train(ToyNetwork(dropout=0.1), ToyMetrics(DATA), SPLITS, META, fit_config, checkpoint, watcher)


def weights(fitted):
    return {v.path: v.numpy() for v in fitted.model.variables if "seed" not in v.path}


def test_one_stage_of_all_layers_is_the_fit_without_stages():
    plain, staged = fit(), fit(Stage(RECIPE.epochs, RECIPE.learning_rate))
    assert plain.epochs == staged.epochs
    for path, value in weights(plain).items():
        np.testing.assert_array_equal(value, weights(staged)[path])


def test_layers_that_are_not_named_stay_as_they_were():
    before, after = weights(fit(Stage(1, STILL))), weights(fit(HEAD))
    moved = {path for path in before if not np.allclose(before[path], after[path], atol=1e-6)}
    assert moved == {"logits/kernel", "logits/bias"}


def test_each_layer_moves_at_its_share_of_the_rate():
    """The first step of Adam moves a weight by the rate itself, whatever its gradient."""
    one_step = {"weight_decay": 0.0, "clip_norm": 1e9, "batch_size": 60}
    before = weights(fit(Stage(1, STILL), **one_step))
    stage = Stage(1, 0.004, layers=("embedding", "encoder", "logits"), layer_lr_decay=2.0)
    after = weights(fit(stage, **one_step))
    for path, share in (
        ("logits/bias", 1.0),
        ("encoder/gru_cell/kernel", 0.5),
        ("embedding/embeddings", 0.25),
    ):
        step = np.abs(after[path] - before[path]).max()
        assert step == pytest.approx(0.004 * share, rel=0.01), path


def test_what_was_learnt_without_labels_is_where_the_goal_begins():
    seen = Seen()
    fitted = fit(PRETEXT, Stage(1, STILL), watcher=seen)
    untaught = weights(fit(Stage(1, STILL)))
    assert [(e.stage, e.objective) for e in fitted.epochs] == [(0, "pretext"), (0, "pretext"), (1, "goal")]
    assert not np.allclose(
        weights(fitted)["embedding/embeddings"], untaught["embedding/embeddings"], atol=1e-4
    )
    np.testing.assert_allclose(weights(fitted)["logits/kernel"], untaught["logits/kernel"], atol=1e-6)


@pytest.fixture(scope="module")
def whole():
    """A fit in three stages that was never killed."""
    return fit(PRETEXT, HEAD, WHOLE)


@pytest.mark.parametrize("killed_in", [1, 2, 5])
def test_a_fit_killed_in_any_stage_ends_with_the_weights_of_one_never_killed(tmp_path, whole, killed_in):
    with pytest.raises(Killed):
        fit(PRETEXT, HEAD, WHOLE, checkpoint=tmp_path / "c.npz", watcher=KillAfter(killed_in, 2))
    resumed = fit(PRETEXT, HEAD, WHOLE, checkpoint=tmp_path / "c.npz")
    assert resumed.epochs == whole.epochs
    assert [e.stage for e in whole.epochs] == [0, 0, 1, 1, 2, 2]
    for path, value in weights(whole).items():
        np.testing.assert_array_equal(value, weights(resumed)[path])


def test_patience_ends_a_stage_and_the_next_begins():
    fitted = fit(Stage(9, STILL), Stage(9, STILL), patience=2)
    assert [e.stage for e in fitted.epochs] == [0, 0, 0, 1, 1]


def test_a_layer_that_the_model_lacks_is_named_with_those_it_has():
    with pytest.raises(ConfigError, match=r"no layer 'head' .* embedding, encoder, gru_cell, logits"):
        fit(Stage(1, 0.01, layers=("head",)))


def test_the_last_stage_must_learn_the_goal():
    with pytest.raises(ConfigError, match="last stage"):
        fit(PRETEXT)
