"""Every input of `predict`: answered, or refused in words, by the task's own encoding and network."""

import json

import numpy as np
import pytest
import targets
from fuzz import fuzz, report
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutate import mutated

from parts import endpoint_of

TASKS = targets.PARAMS.names
HALVES = st.text(st.characters(exclude_categories=[]), max_size=300)
NUMBERS = st.lists(st.floats() | st.integers(), max_size=60).map(lambda row: " ".join(map(repr, row)))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(["prompt", "temperature", "top_k", "top_p", "length", "seed", "other"])
REQUESTS = st.dictionaries(KEYS, VALUES, max_size=5).map(json.dumps)


def inputs(example, kinds):
    """Make inputs: the example damaged, and texts, numbers and objects that Hypothesis thinks of."""

    def make(count, attempt):
        for number in range(count // 2):
            # as a command line holds bytes that are no text
            attempt(mutated(example.encode(), number).decode("utf-8", "surrogateescape"))

        @settings(max_examples=count - count // 2, database=None, deadline=None, derandomize=True,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(st.one_of(kinds))
        def think(text):
            attempt(text)

        think()

    return make


def encoded(folder, task):
    """Encode the beginning of a task's sample, or all of it where that is too little."""
    data, paths = targets.PARAMS.task(task).data, []
    for name, content in data.sample().items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    table = data.read(paths)
    split = data.assign_splits(table)
    return data, data.fit_encoding(table, split)


def request(folder, task):
    """Encode one input."""
    data, meta = encoded(folder, task)

    def parse(text):
        assert len(endpoint_of(data).parse([text], meta)) == 1

    return ".", inputs(endpoint_of(data).example(meta), [HALVES, NUMBERS, REQUESTS]), parse


def answer(folder, task):
    """Encode one input, predict and respond; the answer is plain JSON."""
    data, meta = encoded(folder, task)
    short = (
        {f"tasks.{task}.model.length": 5} if "length" in targets.PARAMS.task(task).section["model"] else {}
    )
    network = targets.PARAMS.with_values(short).task(task).network()
    model = network.build(meta)

    def parse(text):
        rows = endpoint_of(data).parse([text], meta)
        if "length" in rows.columns:
            rows.columns["length"] = np.minimum(rows.plain("length"), 5)
        json.dumps(
            endpoint_of(data).respond(network.predict(model, rows, meta), [text], meta), allow_nan=False
        )

    return ".", inputs(endpoint_of(data).example(meta), [HALVES, NUMBERS, REQUESTS]), parse


def values(folder, task):
    """Put wrong values into the sections of a task, one or a few at a time."""
    section = targets.PARAMS.task(task).values()

    def make(count, attempt):
        @settings(max_examples=count, database=None, deadline=None, derandomize=True,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(st.dictionaries(st.sampled_from(sorted(section)), VALUES, min_size=1, max_size=3))
        def think(changes):
            attempt({f"tasks.{task}.{key}": value for key, value in changes.items()})

        think()

    def parse(changes):
        targets.PARAMS.with_values(changes).task(task)

    return r"params\.yaml.*tasks", make, parse


@pytest.mark.parametrize("task", TASKS)
def test_an_input_is_encoded_or_refused(tmp_path, task, some, figures):
    report(fuzz(tmp_path, request, some(400), task), figures, f"request, {task}")


@pytest.mark.parametrize("task", TASKS)
def test_an_input_is_answered_or_refused(tmp_path, task, some, figures):
    report(fuzz(tmp_path, answer, some(30), task), figures, f"predict, {task}")


@pytest.mark.parametrize("task", TASKS)
def test_a_wrong_value_in_params_is_taken_or_refused(tmp_path, task, some, figures):
    report(fuzz(tmp_path, values, some(300), task), figures, f"values of params, {task}")
