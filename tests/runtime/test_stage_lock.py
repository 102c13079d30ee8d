"""A stage has the outputs of its task for itself, and ends in an error if its params change meanwhile."""

import os

import pytest
from ruamel.yaml import YAML

from seqops.core.errors import SeqopsError
from seqops.runtime.locks import LockHeldError
from seqops.runtime.stage_lock import outputs_of

PARAMS = """
evaluation: {seed: 0}
registry: {alpha: 0.05}
tuning: {trials: 3}
tasks:
  letters:
    source: sample
    data: {seed: 0}
    model: {units: 4}
    fit: {epochs: 3}
    search: {model.units: {kind: int, low: 1, high: 2}}
  digits:
    source: sample
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    return tmp_path


def edit(root, *keys, value):
    yaml = YAML()
    document = section = yaml.load(root / "params.yaml")
    for key in keys[:-1]:
        section = section[key]
    section[keys[-1]] = value
    yaml.dump(document, root / "params.yaml")


def test_a_second_stage_of_the_task_is_refused_with_the_process_of_the_first(root):
    refused = f"a stage of letters is already running .process {os.getpid()}"
    with (
        outputs_of("letters"),
        outputs_of("digits"),
        pytest.raises(LockHeldError, match=refused),
        outputs_of("letters"),
    ):
        pytest.fail("two stages at once")
    with outputs_of("letters"):
        pass


def test_leftovers_of_killed_stages_are_removed(root):
    (root / "data" / "letters").mkdir(parents=True)
    (root / "data" / "letters" / f".{2**22 + 1}.model.weights.h5").touch()
    with outputs_of("letters"):
        assert list((root / "data" / "letters").iterdir()) == []


@pytest.mark.parametrize(
    "keys",
    [("tasks", "letters", "model", "units"), ("tasks", "letters", "source"), ("registry", "alpha")],
    ids=".".join,
)
def test_params_that_change_while_a_stage_runs_are_an_error(root, keys):
    section = ".".join(keys[: 3 if keys[0] == "tasks" else 1])
    changed = f"^{section} of params.yaml changed while this stage ran"
    with pytest.raises(SeqopsError, match=changed), outputs_of("letters"):
        edit(root, *keys, value=5)


@pytest.mark.parametrize(
    "keys",
    [("tasks", "digits", "source"), ("tasks", "letters", "search"), ("tuning", "trials")],
    ids=".".join,
)
def test_params_that_no_stage_of_the_task_reads_may_change(root, keys):
    with outputs_of("letters"):
        edit(root, *keys, value=5)


def test_the_error_of_a_stage_is_not_hidden_by_a_change_of_its_params(root):
    with pytest.raises(ZeroDivisionError), outputs_of("letters"):
        edit(root, "tasks", "letters", "source", value="other")
        raise ZeroDivisionError


def test_a_task_without_a_section_is_left_to_the_stage(root):
    with outputs_of("nowhere"):
        pass
