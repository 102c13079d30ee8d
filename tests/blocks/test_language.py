"""The language encoder: state that is carried, names that stay, the shared softmax."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.language_encoder import LanguageEncoder, last
from seqops.nn.softmax import Softmax

SETTINGS = {
    "kind": "lstm",
    "width": 4,
    "units": 6,
    "layers": 2,
    "dropout": 0.5,
    "tie_embeddings": False,
    "precision": "float32",
}
TOKENS = np.array([[1, 2, 3, 4], [5, 6, 0, 1]], np.int32)


def encoder(**changed: object) -> LanguageEncoder:
    keras.utils.set_random_seed(0)
    made = LanguageEncoder(vocabulary=7, **{**SETTINGS, **changed}, name="encoder")  # type: ignore[arg-type]
    made(TOKENS, made.zeros(2))
    return made


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_reading_in_two_parts_is_reading_at_once(kind: str) -> None:
    reader = encoder(kind=kind)
    whole, states = reader(TOKENS, reader.zeros(2))
    first, between = reader(TOKENS[:, :3], reader.zeros(2))
    second, end = reader(TOKENS[:, 3:], last(between))
    assert whole.shape == (2, 4, 6)
    np.testing.assert_allclose(tf.concat([first, second], 1), whole, atol=1e-6)
    for ours, wanted in zip(tf.nest.flatten(last(end)), tf.nest.flatten(last(states)), strict=True):
        np.testing.assert_allclose(ours, wanted, atol=1e-6)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_reading_token_by_token_is_reading_at_once(kind: str) -> None:
    reader = encoder(kind=kind)
    whole, _ = reader(TOKENS, reader.zeros(2))
    state = reader.zeros(2)
    for t in range(4):
        hidden, state = reader.step(TOKENS[:, t], state)
        np.testing.assert_allclose(hidden, whole[:, t], atol=1e-6)


def test_the_states_are_those_after_every_token() -> None:
    reader = encoder()
    whole, states = reader(TOKENS, reader.zeros(2))
    assert [[part.shape for part in layer] for layer in states] == [[(2, 4, 6)] * 2] * 2
    np.testing.assert_array_equal(states[-1][0], whole)
    _, early = reader(TOKENS[:, :2], reader.zeros(2))
    np.testing.assert_allclose(states[0][1][:, 1], last(early)[0][1], atol=1e-6)


def test_dropout_is_of_training_alone() -> None:
    reader = encoder()
    quiet = [reader(TOKENS, reader.zeros(2))[0].numpy() for _ in range(2)]
    np.testing.assert_array_equal(*quiet)
    assert np.any(reader(TOKENS, reader.zeros(2), training=True)[0] != quiet[0])


@pytest.mark.parametrize(("kind", "step"), [("lstm", "recurrent"), ("gru", "steps/gru_cell/kernel")])
def test_variables_are_known_by_the_layer_that_they_are_of(kind: str, step: str) -> None:
    paths = [v.path for v in encoder(kind=kind).trainable_variables]
    assert paths[0] == "encoder/embedding/embeddings"
    assert f"encoder/recurrent_0/{step}" in paths
    assert {path.split("/")[1] for path in paths} == {"embedding", "recurrent_0", "recurrent_1"}


def test_a_tied_softmax_has_no_matrix_of_its_own_and_multiplies_by_the_embedding() -> None:
    reader = encoder(tie_embeddings=True)
    assert reader.layer_units == (6, 4)
    hidden, _ = reader(TOKENS, reader.zeros(2))
    head = Softmax(7, reader.embedding, "float32", name="softmax")
    flat = tf.reshape(hidden, [-1, 4])
    logits = head(flat)
    np.testing.assert_allclose(logits, flat @ tf.transpose(reader.embedding.embeddings), atol=1e-5)
    assert [v.name for v in head.trainable_variables if v is not reader.embedding.embeddings] == ["bias"]


def test_an_untied_softmax_has_its_own() -> None:
    head = Softmax(7, None, "float32", name="softmax")
    assert head(tf.ones([3, 6])).shape == (3, 7)
    assert [v.shape for v in head.trainable_variables] == [(7,), (7, 6)]
