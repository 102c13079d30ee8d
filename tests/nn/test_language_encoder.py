"""The language encoder: carried state, stable names of variables, the tied softmax."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqops.nn.language_encoder import LanguageEncoder, last
from seqops.nn.layer_joints import LayerJoint
from seqops.nn.softmax import Softmax

SETTINGS = {
    "kind": "lstm",
    "width": 4,
    "units": 6,
    "layers": 2,
    "dropout": 0.5,
    "tie_embeddings": False,
    "precision": "float32",
    "recurrent_dropout": 0.0,
    "joint": LayerJoint(residual=False, layer_norm=False),
}
TOKENS = np.array([[1, 2, 3, 4], [5, 6, 0, 1]], np.int32)


JOINED = LayerJoint(residual=True, layer_norm=True)


def encoder(**changed: object) -> LanguageEncoder:
    keras.utils.set_random_seed(0)
    encoder_ = LanguageEncoder(vocabulary=7, **{**SETTINGS, **changed}, name="encoder")  # type: ignore[arg-type]
    encoder_(TOKENS, encoder_.zeros(2))
    return encoder_


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_encoding_in_two_parts_equals_encoding_at_once(kind: str) -> None:
    encoder_ = encoder(kind=kind)
    whole, states = encoder_(TOKENS, encoder_.zeros(2))
    first, between = encoder_(TOKENS[:, :3], encoder_.zeros(2))
    second, end = encoder_(TOKENS[:, 3:], last(between))
    assert whole.shape == (2, 4, 6)
    np.testing.assert_allclose(tf.concat([first, second], 1), whole, atol=1e-6)
    for found, expected in zip(tf.nest.flatten(last(end)), tf.nest.flatten(last(states)), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("joint", [LayerJoint(False, False), JOINED], ids=["plain", "joined"])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_encoding_token_by_token_equals_encoding_at_once(kind: str, joint: LayerJoint) -> None:
    encoder_ = encoder(kind=kind, joint=joint, recurrent_dropout=0.3)
    whole, _ = encoder_(TOKENS, encoder_.zeros(2))
    state = encoder_.zeros(2)
    for t in range(4):
        hidden, state = encoder_.step(TOKENS[:, t], state)
        np.testing.assert_allclose(hidden, whole[:, t], atol=1e-6)


def test_joined_layers_add_their_input_and_normalise_the_sum() -> None:
    encoder_ = encoder(joint=JOINED)
    output, states = encoder_(TOKENS, encoder_.zeros(2))
    below, above = states[0][0].numpy(), states[1][0].numpy()

    def normalised(x):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3)

    # the embedding has another width than the first layer, so it is not added
    np.testing.assert_allclose(output, normalised(normalised(below) + above), atol=1e-5)


def test_states_are_returned_after_every_token() -> None:
    encoder_ = encoder()
    whole, states = encoder_(TOKENS, encoder_.zeros(2))
    assert [[part.shape for part in layer] for layer in states] == [[(2, 4, 6)] * 2] * 2
    np.testing.assert_array_equal(states[-1][0], whole)
    _, early = encoder_(TOKENS[:, :2], encoder_.zeros(2))
    np.testing.assert_allclose(states[0][1][:, 1], last(early)[0][1], atol=1e-6)


def test_dropout_applies_only_in_training() -> None:
    encoder_ = encoder()
    outputs = [encoder_(TOKENS, encoder_.zeros(2))[0].numpy() for _ in range(2)]
    np.testing.assert_array_equal(*outputs)
    assert np.any(encoder_(TOKENS, encoder_.zeros(2), training=True)[0] != outputs[0])


@pytest.mark.parametrize(("kind", "step"), [("lstm", "recurrent"), ("gru", "steps/gru_cell/kernel")])
def test_variables_are_named_by_their_layer(kind: str, step: str) -> None:
    paths = [v.path for v in encoder(kind=kind).trainable_variables]
    assert paths[0] == "encoder/embedding/embeddings"
    assert f"encoder/recurrent_0/{step}" in paths
    assert {path.split("/")[1] for path in paths} == {"embedding", "recurrent_0", "recurrent_1"}


def test_a_tied_softmax_has_no_kernel_and_multiplies_by_the_embedding() -> None:
    encoder_ = encoder(tie_embeddings=True)
    assert encoder_.layer_units == (6, 4)
    hidden, _ = encoder_(TOKENS, encoder_.zeros(2))
    head = Softmax(7, encoder_.embedding, "float32", name="softmax")
    flat = tf.reshape(hidden, [-1, 4])
    logits = head(flat)
    np.testing.assert_allclose(logits, flat @ tf.transpose(encoder_.embedding.embeddings), atol=1e-5)
    assert [v.name for v in head.trainable_variables if v is not encoder_.embedding.embeddings] == ["bias"]


def test_an_untied_softmax_has_a_kernel() -> None:
    head = Softmax(7, None, "float32", name="softmax")
    assert head(tf.ones([3, 6])).shape == (3, 7)
    assert [v.shape for v in head.trainable_variables] == [(7,), (7, 6)]
