"""The BERT encoder computes what the published architecture does, whatever the padding."""

import numpy as np
import pytest

import tiny_bert
from seqops.core.errors import DataError
from seqops.nn.bert import Bert, BertSizes

SIZES = BertSizes.of_config(tiny_bert.CONFIG)


def loaded(weights):
    encoder = Bert(SIZES, 0.5)
    encoder.build((None, None))
    encoder.load(weights)
    return encoder


def test_it_equals_a_forward_pass_in_numpy_with_and_without_padding():
    weights = tiny_bert.arrays()
    encoder = loaded(weights)
    short, long = [2, 4, 3], [2, 5, 6, 7, 3]
    found = encoder(np.array([[*short, 0, 0], long], np.int32)).numpy()
    expected = [tiny_bert.forward(weights, np.array(row)) for row in (short, long)]
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert np.abs(expected[0] - expected[1]).max() > 0.05
    np.testing.assert_allclose(encoder(np.array([short], np.int32)).numpy()[0], expected[0], atol=2e-5)


def test_weights_of_a_model_with_a_head_have_a_prefix():
    weights = tiny_bert.arrays()
    prefixed = loaded({f"bert.{name}": value for name, value in weights.items()})
    for one, other in zip(prefixed.get_weights(), loaded(weights).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_that_do_not_fit_are_refused():
    weights = tiny_bert.arrays()
    missing = {name: value for name, value in weights.items() if "layer.1.output.dense.bias" not in name}
    with pytest.raises(DataError, match=r"have no encoder\.layer\.1\.output\.dense\.bias"):
        loaded(missing)
    with pytest.raises(DataError, match=r"have \(8,\) numbers for .*, whose shape is \(12,\)"):
        loaded({**weights, "encoder.layer.0.intermediate.dense.bias": np.zeros(8)})


@pytest.mark.parametrize(("key", "value"), [("hidden_act", "relu"), ("model_type", "t5")])
def test_another_architecture_is_refused(key, value):
    with pytest.raises(DataError, match=f"have {key} '{value}'"):
        BertSizes.of_config({**tiny_bert.CONFIG, key: value})
    incomplete = {name: size for name, size in tiny_bert.CONFIG.items() if name != "hidden_size"}
    with pytest.raises(DataError, match="has no 'hidden_size'"):
        BertSizes.of_config(incomplete)
