"""Words of an input that a model does not know are named."""

from dataclasses import replace
from pathlib import Path

import pytest

from seqops.params import Params

PARAMS = Params.load(Path(__file__).parents[2] / "params.yaml")
WORDS = ["<pad>", "<unk>"]


@pytest.mark.parametrize(
    ("task", "meta", "inputs", "unknown"),
    [
        (
            "translation",
            {"words": [".", "is", "the"]},
            ["Is the hen the dog?", "A hen."],
            ["hen", "dog", "a"],
        ),
        (
            "sentiment",
            {"words": [*WORDS, "good"], "terms": []},
            ["GOOD film, not bad"],
            ["film", "not", "bad"],
        ),
        ("ner", {"words": [*WORDS, "in", "00"]}, ["In 12 in 345!", "x 45"], ["In", "345", "x"]),
        ("textgen", {"vocabulary": [*WORDS, "a", " "]}, ["ab a", '{"prompt": "é", "top_k": 1}'], ["b", "é"]),
        ("textgen", {"subwords": ""}, ["ab"], []),
        ("labelling", {}, ["0.1 0.2"], []),
    ],
)
def test_the_words_that_are_not_in_the_vocabulary_are_listed_once_in_order(task, meta, inputs, unknown):
    endpoint = PARAMS.task(task).endpoint()
    if task == "ner":
        endpoint = replace(endpoint, data=replace(endpoint.data, tokenizer="whitespace"))
    assert endpoint.unknown_words(inputs, meta) == unknown
