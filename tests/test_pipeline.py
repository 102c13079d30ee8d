"""The whole pipeline, twice, in two processes: equal artefacts; and its registered models, far from home."""

import json
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from checkout import NAMES, project, start
from seqops.core.files import read_json, sha256_of
from seqops.core.project import Project
from seqops.params import Params

ARTEFACTS = [
    "raw",
    "validation.json",
    "table.parquet",
    "arrays",
    "meta.json",
    "model.weights.h5",
    "history.csv",
    "metrics.json",
    "predictions.parquet",
    "plots",
    "report.html",
]


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """Two projects, run from nothing."""
    parent = tmp_path_factory.mktemp("twins")
    roots = [project(parent / "one"), project(parent / "two")]
    processes = [start(root) for root in roots]
    for process in processes:
        output, _ = process.communicate()
        assert process.returncode == 0, output
    return [Project(root) for root in roots]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "artefact",
    ARTEFACTS,
)
def test_two_runs_give_equal_bytes(twins, name, artefact):
    one, two = (store.task_paths(name).path / artefact for store in twins)
    assert one.exists()
    assert sha256_of(one) == sha256_of(two)


@pytest.mark.parametrize("name", NAMES)
def test_metrics_hold_what_others_rely_on(twins, name):
    metrics = read_json(twins[0].task_paths(name).metrics)
    assert metrics["task"] == name
    assert metrics["source"] == "sample"
    assert metrics["goal"] in metrics["model"]
    assert metrics["verdict"]
    score = metrics["model"][metrics["goal"]]
    assert score["low"] <= score["value"] <= score["high"]
    assert all(metrics["goal"] in scores for scores in metrics["baselines"].values())


@pytest.fixture(scope="module")
def client(twins):
    mlflow.set_tracking_uri(f"sqlite:///{twins[0].state / 'mlflow' / 'mlflow.db'}")
    return mlflow.MlflowClient()


@pytest.mark.parametrize("name", NAMES)
def test_the_run_carries_params_curves_scores_and_hashes(twins, client, name):
    task = Params.load(twins[0].params).task(name)
    version = client.get_model_version_by_alias(task.data.registered_name, "challenger")
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["fit.epochs"] == "1"
    [point] = client.get_metric_history(version.run_id, "train/loss")
    [validation] = client.get_metric_history(version.run_id, "validation/goal")
    assert point.step == validation.step == 1
    assert run.data.metrics["validation/best"] == validation.value
    assert run.info.run_name == run.data.tags["seqops.source"] == "sample"
    assert (run.data.tags["seqops.kind"], run.data.tags["seqops.task"]) == ("training", name)
    metrics = read_json(twins[0].task_paths(name).metrics)
    goal = metrics["goal"]
    assert run.data.metrics[f"test/{goal}"] == pytest.approx(metrics["model"][goal]["value"])
    assert run.data.tags["seqops.model_sha256"] == sha256_of(twins[0].task_paths(name).weights)
    assert run.data.tags["seqops.model_sha256"] == version.tags["seqops.model_sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_a_registered_model_needs_nothing_of_the_repository(twins, client, name, tmp_path):
    task = Params.load(twins[0].params).task(name)
    version = client.get_model_version_by_alias(task.data.registered_name, "challenger")
    example = task.endpoint().example(read_json(twins[0].task_paths(name).meta))
    program = (
        "import json, sys, mlflow\n"
        "mlflow.set_tracking_uri(sys.argv[1])\n"
        "model = mlflow.pyfunc.load_model(sys.argv[2])\n"
        "records = model.predict([sys.argv[3]])\n"
        "import seqops\n"
        "print(json.dumps([seqops.__file__, records]))\n"
    )
    uri = f"models:/{task.data.registered_name}/{version.version}"
    done = subprocess.run(
        [sys.executable, "-c", program, mlflow.get_tracking_uri(), uri, example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code, records = json.loads(done.stdout.splitlines()[-1])
    assert Path(code).is_relative_to(twins[0].state)
    assert records == here(twins[0], name, example)


def here(store, name, example):
    """Answer as the training side does."""
    task, folder = Params.load(store.params).task(name), store.task_paths(name)
    network, meta = task.network(), read_json(folder.meta)
    model = network.build(meta)
    model.load_weights(folder.weights)
    predicted = network.predict(model, task.endpoint().parse([example], meta), meta)
    return json.loads(json.dumps(task.endpoint().respond(predicted, [example], meta)))
