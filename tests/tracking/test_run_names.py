"""A run is named by its differences from the previous run, which is found in the tracking store."""

import numpy as np
import pytest

from seqops.core.arrays_io import write_splits
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.ragged import Split
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint
from seqops.tracking.run_names import run_name, short_keys
from toy import ToyData

PARAMS = {"source": "sample", "model.kind": "lstm", "model.units": "64", "fit.decay.kind": "cosine"}
TAGS = {"seqops.data_sha256": "d", "seqops.code_sha256": "c", "seqops.lock_sha256": "l"}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "sample: again"),
        ({"model.units": "96"}, "sample: units 64->96"),
        ({"fit.decay.kind": "none", "model.units": "96"}, "sample: units 64->96, decay.kind cosine->none"),
        ({"data.types": "('OG', 'PS', 'DT', 'LC', 'TI')"}, "sample: types none->('OG', 'PS', 'DT', 'L..."),
        (
            {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"},
            "sample: a none->1, b none->2, c none->3, +2 more",
        ),
    ],
    ids=["nothing", "one", "two of one short name", "long and new", "many"],
)
def test_a_name_lists_the_params_that_differ(changed, name):
    assert run_name("sample", {**PARAMS, **changed}, TAGS, {**PARAMS, **TAGS}) == name


@pytest.mark.parametrize(
    ("changed", "name"),
    [("data", "new data"), ("code", "new code"), ("lock", "new packages")],
)
def test_a_name_lists_the_input_that_is_new_if_no_param_differs(changed, name):
    tags = {**TAGS, f"seqops.{changed}_sha256": "other"}
    assert run_name("a/pairs.tsv", PARAMS, tags, {**PARAMS, **TAGS}) == f"pairs.tsv: {name}"


def test_the_first_run_is_named_by_its_source():
    assert run_name("https://host/a/pairs.tsv", PARAMS, TAGS, None) == "pairs.tsv"


def test_a_key_is_shortened_as_far_as_it_stays_unique():
    keys = ["source", "model.kind", "fit.decay.kind", "fit.decay.rate", "kind"]
    assert short_keys(keys) == {
        "source": "source",
        "model.kind": "model.kind",
        "fit.decay.kind": "decay.kind",
        "fit.decay.rate": "rate",
        "kind": "kind",
    }


def test_a_run_is_compared_with_the_latest_finished_training_run(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    project = Project(tmp_path)
    write_splits(project.task_paths("toy").arrays, {"train": Split({"x": np.arange(3)})})

    def fit(units, code="code"):
        section = {"source": "sample", "data": {}, "model": {"units": units}, "fit": {}}
        task = Task("toy", "sample", ToyData(), None, None, None, None, None, section)
        with mlflow_runs.open_training_run(
            project, task, Fingerprint("data", str(units), code, "lock")
        ) as run:
            return run.client.get_run(run.run_id), run

    first, opened = fit(64)
    assert (first.info.run_name, first.data.params["model.units"]) == ("sample", "64")
    assert {first.data.tags[f"seqops.{key}"] for key in ("kind", "task", "source")} == {
        "training",
        "toy",
        "sample",
    }
    [used] = first.inputs.dataset_inputs
    assert (used.dataset.name, used.tags[0].value) == ("toy-train", "training")
    experiment = opened.client.get_experiment(first.info.experiment_id)
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    trial = opened.client.create_run(first.info.experiment_id, tags={"seqops.kind": "trial"})
    opened.client.set_terminated(trial.info.run_id, "FINISHED")
    failed = opened.client.create_run(first.info.experiment_id, tags={"seqops.kind": "training"})
    opened.client.set_terminated(failed.info.run_id, "FAILED")
    assert fit(96)[0].info.run_name == "sample: units 64->96"
    assert fit(96, "other code")[0].info.run_name == "sample: new code"
