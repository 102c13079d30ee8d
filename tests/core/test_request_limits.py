"""The limits of a request, and the division of inputs into requests."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.core.errors import DataError
from seqops.core.request_limits import RequestLimits
from seqops.params import Params
from seqops.serving import InvalidInputError, RawModel
from seqops.tasks.textgen.model.prompts import MAX_TOKENS

LIMITS = RequestLimits(items=3, chars=4, total_chars=8)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["a"] * 4, "the request has 4 inputs, more than 3"),
        (["a", "abcde"], "input 2 has 5 characters, more than 4"),
        (["abcd", "abcd", "a"], "the request has 9 characters, more than 8"),
    ],
)
def test_a_request_over_a_limit_is_refused(inputs, message):
    with pytest.raises(DataError, match=message):
        LIMITS.check(inputs)


def test_a_request_at_every_limit_is_accepted():
    LIMITS.check(["abcd", "abcd", ""])


def test_inputs_are_divided_in_order():
    found = LIMITS.batches(["abcd", "abc", "ab", "", "", "a"])
    assert list(found) == [["abcd", "abc"], ["ab", "", ""], ["a"]]
    assert list(LIMITS.batches([])) == []
    with pytest.raises(DataError, match="input 3 has 5 characters"):
        list(LIMITS.batches(["a", "b", "abcde"]))


def test_a_batch_is_complete_before_the_inputs_after_it_are_read():
    read = []
    inputs = (read.append(text) or text for text in "abcdefgh")
    assert next(LIMITS.batches(inputs)) == ["a", "b", "c"]
    assert read == ["a", "b", "c", "d"]


@given(st.lists(st.text(max_size=4), max_size=20))
def test_every_batch_is_a_request_within_the_limits_and_none_is_empty(inputs):
    batches = list(LIMITS.batches(inputs))
    for batch in batches:
        assert batch
        LIMITS.check(batch)
    assert [text for batch in batches for text in batch] == inputs


def test_a_served_model_refuses_a_long_input_before_it_is_parsed():
    class Endpoint:
        requests = LIMITS

        def parse(self, inputs, meta):
            raise AssertionError(inputs)

    model = RawModel()
    model.endpoint, model.meta, model.model = Endpoint(), {}, None
    model.network = SimpleNamespace(predict=None, stream=lambda *arguments: iter(()))
    with pytest.raises(InvalidInputError, match="input 1 has 5 characters"):
        model.predict(["abcde"])
    with pytest.raises(InvalidInputError, match="input 1 has 5 characters"):
        next(model.predict_stream("abcde"))


def test_no_task_accepts_input_without_a_limit(request):
    params = Params.load(request.config.rootpath / "params.yaml")
    for name in params.names:
        requests = params.task(name).endpoint().requests
        assert 0 < requests.chars <= requests.total_chars <= 20_000_000
        assert f"{requests.chars:,} characters each" in requests.summary()


def test_prompts_of_the_default_length_ask_for_no_more_than_those_that_give_one(request):
    task = Params.load(request.config.rootpath / "params.yaml").task("textgen")
    assert task.endpoint().requests.items * task.section["model"]["length"] <= MAX_TOKENS
