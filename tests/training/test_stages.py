"""Training in stages: pretext objective, frozen layers, learning rates by layer, and interruptions."""

import dataclasses

import numpy as np
import pytest
from test_loop import DATA, META, SPLITS, InterruptAfter, Interrupted, Recorder

from seqops.core.errors import ConfigError
from seqops.core.settings import Stage
from seqops.training.loop import train
from toy import FIT_CONFIG, ToyMetrics, ToyNetwork

NEARLY_ZERO = 1e-12
PRETEXT = Stage(2, 0.01, objective="pretext")
HEAD = Stage(2, 0.01, layers=("logits",))
WHOLE = Stage(2, 0.005, layers=("embedding", "encoder", "logits"), layer_lr_decay=2.0)


def fit(*stages, checkpoint=None, callback=None, **changes):
    fit_config = dataclasses.replace(FIT_CONFIG, stages=stages, **changes)
    return train(ToyNetwork(dropout=0.1), ToyMetrics(DATA), SPLITS, META, fit_config, checkpoint, callback)


def weights(fitted):
    return {v.path: v.numpy() for v in fitted.model.variables if "seed" not in v.path}


def test_one_stage_of_all_layers_equals_training_without_stages():
    plain, staged = fit(), fit(Stage(FIT_CONFIG.epochs, FIT_CONFIG.learning_rate))
    assert plain.epochs == staged.epochs
    for path, value in weights(plain).items():
        np.testing.assert_array_equal(value, weights(staged)[path])


def test_layers_that_are_not_named_are_frozen():
    before, after = weights(fit(Stage(1, NEARLY_ZERO))), weights(fit(HEAD))
    moved = {path for path in before if not np.allclose(before[path], after[path], atol=1e-6)}
    assert moved == {"logits/kernel", "logits/bias"}


def test_a_star_stands_for_any_text_in_the_name_of_a_layer():
    starred, named = (
        weights(fit(Stage(1, 0.01, layers=("log*",)))),
        weights(fit(Stage(1, 0.01, layers=("logits",)))),
    )
    assert all((starred[path] == value).all() for path, value in named.items())


def test_the_trained_numbers_are_those_of_the_layers_of_any_stage():
    head = 8 * 2 + 2
    embedding = fit(Stage(1, 0.01)).model.get_layer("embedding").count_params()
    assert fit(HEAD).trained_parameters == head
    assert fit(HEAD, Stage(1, 0.01, layers=("embedding", "logits"))).trained_parameters == head + embedding
    assert fit(HEAD, Stage(1, 0.01)).trained_parameters == fit(Stage(1, 0.01)).model.count_params()


def test_each_layer_has_its_share_of_the_learning_rate():
    """Adam's first step changes a weight by the learning rate, whatever its gradient."""
    one_step = {"weight_decay": 0.0, "clip_norm": 1e9, "batch_size": 60}
    before = weights(fit(Stage(1, NEARLY_ZERO), **one_step))
    stage = Stage(1, 0.004, layers=("embedding", "encoder", "logits"), layer_lr_decay=2.0)
    after = weights(fit(stage, **one_step))
    for path, share in (
        ("logits/bias", 1.0),
        ("encoder/gru_cell/kernel", 0.5),
        ("embedding/embeddings", 0.25),
    ):
        step = np.abs(after[path] - before[path]).max()
        assert step == pytest.approx(0.004 * share, rel=0.01), path


def test_training_on_the_goal_starts_from_the_weights_of_the_pretext_stage():
    seen = Recorder()
    fitted = fit(PRETEXT, Stage(1, NEARLY_ZERO), callback=seen)
    untrained = weights(fit(Stage(1, NEARLY_ZERO)))
    assert [(e.epoch, e.stage, e.objective, e.trained) for e in fitted.epochs] == [
        (0, 0, "goal", False),
        (1, 0, "pretext", True),
        (2, 0, "pretext", True),
        (2, 1, "goal", False),
        (3, 1, "goal", True),
    ]
    assert not np.allclose(
        weights(fitted)["embedding/embeddings"], untrained["embedding/embeddings"], atol=1e-4
    )
    np.testing.assert_allclose(weights(fitted)["logits/kernel"], untrained["logits/kernel"], atol=1e-6)


@pytest.fixture(scope="module")
def whole():
    """Training in three stages that was never interrupted."""
    return fit(PRETEXT, HEAD, WHOLE)


@pytest.mark.parametrize("epoch", [2, 3, 6])
def test_training_interrupted_in_any_stage_ends_with_the_same_weights(tmp_path, whole, epoch):
    with pytest.raises(Interrupted):
        fit(PRETEXT, HEAD, WHOLE, checkpoint=tmp_path / "c.npz", callback=InterruptAfter(epoch, 2))
    resumed = fit(PRETEXT, HEAD, WHOLE, checkpoint=tmp_path / "c.npz")
    assert resumed.epochs == whole.epochs
    assert [e.stage for e in whole.epochs if e.trained] == [0, 0, 1, 1, 2, 2]
    np.testing.assert_array_equal(resumed.initial.statistics, whole.initial.statistics)
    for path, value in weights(whole).items():
        np.testing.assert_array_equal(value, weights(resumed)[path])


def test_patience_ends_a_stage_and_starts_the_next():
    fitted = fit(Stage(9, NEARLY_ZERO), Stage(9, NEARLY_ZERO), patience=2)
    assert [e.stage for e in fitted.epochs if e.trained] == [0, 0, 0, 1, 1]


def test_the_reference_of_a_staged_fit_is_the_model_before_all_stages():
    staged, plain = fit(PRETEXT, Stage(1, NEARLY_ZERO)), fit(Stage(1, NEARLY_ZERO))
    np.testing.assert_array_equal(staged.initial.statistics, plain.initial.statistics)
    assert staged.epochs[0] == plain.epochs[0]


def test_a_stage_of_the_goal_that_does_not_help_leaves_the_weights_of_its_start():
    fitted = fit(PRETEXT, Stage(1, NEARLY_ZERO))
    assert (fitted.best_epoch.epoch, fitted.best_epoch.stage, fitted.best_epoch.trained) == (2, 1, False)


def test_an_unknown_layer_is_refused_with_the_existing_ones():
    with pytest.raises(ConfigError, match=r"no layer 'head' .* embedding, encoder, gru_cell, logits"):
        fit(Stage(1, 0.01, layers=("head",)))


def test_the_last_stage_must_train_on_the_goal():
    with pytest.raises(ConfigError, match="last stage"):
        fit(PRETEXT)
