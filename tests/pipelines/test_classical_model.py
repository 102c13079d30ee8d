"""A classical model goes through every stage, is registered, answers from its bundle, and is tuned."""

import json
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
from ruamel.yaml import YAML

from checkout import project, start
from seqops.core.files import read_json, sha256_of
from seqops.core.project import Project
from seqops.params import Params

pytestmark = pytest.mark.slow
TASK = "sentiment"
TUNER = Path(__file__).parents[1] / "tuning" / "tuner.py"
PREDICT = """\
import json, sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
records = mlflow.pyfunc.load_model(sys.argv[2]).predict([sys.argv[3]])
import seqops
print(json.dumps([seqops.__file__, records]))
"""


def edit(root, choices=("nb_logistic", "bow"), **model):
    """Set keys of the section `model`, and search the kind alone."""
    yaml = YAML()
    document = yaml.load(root / "params.yaml")
    section = document["tasks"][TASK]
    section["data"].update(reviews=900)
    section["model"].update(model)
    section["search"] = {"model.kind": {"kind": "categorical", "choices": list(choices)}}
    yaml.dump(document, root / "params.yaml")


def run(process):
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    root = project(tmp_path_factory.mktemp("classical") / "project", seeds=2)
    edit(root, kind="nb_logistic")
    run(start(root, names=[TASK]))
    mlflow.set_tracking_uri(f"sqlite:///{root / '.state' / 'mlflow' / 'mlflow.db'}")
    return Project(root)


def test_the_scores_name_no_baseline_that_is_the_model_itself(trained):
    metrics = read_json(trained.task_paths(TASK).evaluation)
    assert "NB logistic regression" not in metrics["baselines"]
    assert "linear SVM" in metrics["baselines"]
    assert metrics["training"]["initial"] is None
    assert "no initial model to compare it with" in metrics["training_summary"]
    history = trained.task_paths(TASK).history.read_text().splitlines()
    assert len(history) == 2
    # another seed would be the same fit
    assert "seeds" not in metrics


def test_the_run_has_the_score_and_the_seconds_of_the_fit(trained):
    client = mlflow.MlflowClient()
    version = client.get_model_version_by_alias("sentiment-classifier-sample", "champion")
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["model.kind"] == "nb_logistic"
    assert {"validation/best", "seconds"} <= run.data.metrics.keys()
    assert "validation/initial" not in run.data.metrics
    assert run.data.tags["seqops.model_sha256"] == sha256_of(trained.task_paths(TASK).weights)


def test_the_bundle_answers_without_the_repository(trained, tmp_path):
    example = "The plot is thin, but I loved every minute of it."
    command = [sys.executable, "-c", PREDICT, mlflow.get_tracking_uri()]
    done = subprocess.run(
        [*command, "models:/sentiment-classifier-sample@champion", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code, records = json.loads(done.stdout.splitlines()[-1])
    assert Path(code).is_relative_to(trained.state)
    task, paths = Params.load(trained.params).task(TASK), trained.task_paths(TASK)
    model, meta = task.network(), read_json(paths.meta)
    predicted = model.predict(model.load(paths.weights, meta), task.endpoint().parse([example], meta), meta)
    assert records == json.loads(json.dumps(task.endpoint().respond(predicted, [example], meta)))


def test_a_second_run_trains_the_same_and_adds_no_run(trained):
    before, client = sha256_of(trained.task_paths(TASK).weights), mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(TASK).experiment_id
    runs = {run.info.run_id for run in client.search_runs([experiment])}
    run(start(trained.root, "train", [TASK]))
    assert sha256_of(trained.task_paths(TASK).weights) == before
    assert {run.info.run_id for run in client.search_runs([experiment])} == runs


def test_tuning_chooses_between_a_network_and_a_classical_model(trained):
    """A network after one epoch is worse than the classical model, whose trial is never pruned."""
    edit(trained.root, kind="bow")
    command = [sys.executable, str(TUNER), str(trained.root), TASK, "4", "1", "dry"]
    output = run(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    assert "+      kind: nb_logistic" in output, output


def test_tuning_compares_two_classical_models_over_rows_and_fits_each_once(trained):
    edit(trained.root, choices=("nb_logistic", "tfidf_logistic"), kind="tfidf_logistic")
    command = [sys.executable, str(TUNER), str(trained.root), TASK, "6", "1", "dry"]
    output = run(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    assert "not tested" not in output
    # with each seed they would be the same fits
    assert output.count(", seed 1 ") == 2
    assert ", seed 2 " not in output
