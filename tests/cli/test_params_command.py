"""`seqops params`: the reference of params.yaml in the terminal."""

import pytest
from typer.testing import CliRunner

from seqops.cli import app

LAYERS = ("kind", "direction", "units", "layers", "dropout", "recurrent_dropout", "layer_norm", "residual")


def shown(*arguments):
    done = CliRunner().invoke(app, ["params", *arguments])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_a_key_has_its_choices_its_value_and_its_meaning():
    choices = "one of grouped, documents, near, published; now grouped"
    assert shown("ner", "data.split")[0] == f"data.split: {choices}"


def test_a_key_has_its_limits_and_a_long_meaning_is_folded():
    lines = shown("ner", "fit.decay.rate")
    assert lines[0].startswith("fit.decay.rate: number; ≥ 0, ≤ 1; now ")
    assert all(line.startswith("    ") and len(line) <= 100 for line in lines[1:])


def test_a_part_has_all_its_keys_and_no_others():
    keys = [line.partition(":")[0] for line in shown("labelling", "model") if line[0] != " "]
    assert keys == [f"model.{key}" for key in LAYERS]


def test_a_shared_section_is_explained():
    assert shown("evaluation", "seeds")[0].startswith("seeds: integer; > 0; now ")


def test_without_a_task_the_sections_and_tasks_are_named():
    lines = shown()
    assert lines[0].startswith("evaluation  ")
    assert any(line.startswith("tasks       forecast, ner, ") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["nerr"], "did you mean 'ner'?"), (["ner", "data.splt"], "did you mean 'data.split'?")],
)
def test_a_wrong_name_is_refused_with_the_nearest_one(arguments, hint):
    done = CliRunner().invoke(app, ["params", *arguments])
    assert done.exit_code == 1
    assert hint in done.output
