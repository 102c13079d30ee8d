"""Fits with further seeds under DVC: what a change of their number runs and trains, and what is recorded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
from ruamel.yaml import YAML

import checkout
from seqops.core.files import read_json, sha256_of
from seqops.core.project import Project

pytestmark = pytest.mark.slow
ROOT, BIN = Path(__file__).parents[2], Path(sys.executable).parent
TASK = "labelling"
SECTIONS = {
    "data": {"sequences": 90, "test": 0.3, "validation": 0.2},
    "model": {"kind": "gru", "direction": "forward", "units": 4},
    "fit": {"epochs": 2, "patience": 2, "batch_size": 8, "seed": 7},
}


class RepeatedProject:
    """A DVC project of one small task."""

    def __init__(self, root):
        checkout.project(root)
        shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
        self.project = Project(root)
        self.paths = self.project.task_paths(TASK)
        self.edit(self._one_task)
        self.call("dvc", "init", "--no-scm", "--quiet")

    def edit(self, change):
        yaml, path = YAML(), self.project.params
        document = yaml.load(path)
        change(document)
        yaml.dump(document, path)

    @staticmethod
    def _one_task(document):
        document["tasks"] = {TASK: document["tasks"][TASK]}
        for section, values in SECTIONS.items():
            document["tasks"][TASK][section].update(values)
        document["evaluation"]["resamples"] = 100

    def call(self, *command):
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "SEQOPS_"))}
        variables |= {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.project.root / "src"),
        }
        done = subprocess.run(
            [BIN / command[0], *command[1:]],
            cwd=self.project.root,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def reproduce(self, seeds):
        """Run the pipeline with a number of seeds; return its output, the stages and the epochs that ran."""
        self.edit(lambda document: document["evaluation"].update(seeds=seeds))
        output = self.call("dvc", "repro", f"evaluate@{TASK}")
        stages = [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]
        return output, [stage.partition("@")[0] for stage in stages], output.count("epoch 2/2")

    @property
    def metrics(self):
        return read_json(self.paths.evaluation)

    def runs(self):
        """Return the runs of the task, oldest first."""
        client = mlflow.MlflowClient(f"sqlite:///{self.project.state / 'mlflow' / 'mlflow.db'}")
        experiment = client.get_experiment_by_name(TASK).experiment_id
        return client, client.search_runs([experiment], order_by=["start_time"])


def test_more_seeds_train_only_what_is_new_and_each_has_a_nested_run(tmp_path):
    repeated = RepeatedProject(tmp_path / "project")
    output, stages, epochs = repeated.reproduce(1)
    assert stages == ["download", "validate", "preprocess", "train", "repeat", "evaluate"]
    assert (epochs, list(repeated.paths.repeats.glob("*.h5"))) == (1, [])
    assert "seeds" not in repeated.metrics
    assert "Over " not in output
    model, predictions = sha256_of(repeated.paths.weights), sha256_of(repeated.paths.predictions)

    output, stages, epochs = repeated.reproduce(3)
    assert (stages, epochs) == (["repeat", "evaluate"], 2)
    assert sorted(p.name for p in repeated.paths.repeats.glob("*.h5")) == [
        "seed-8.weights.h5",
        "seed-9.weights.h5",
    ]
    three = {path.name: sha256_of(path) for path in repeated.paths.repeats.glob("*.h5")}
    assert len({model, *three.values()}) == 3
    assert repeated.metrics["seeds"]["seeds"] == [7, 8, 9]
    assert "Over 3 seeds: accuracy " in output
    assert "<h2>Seeds</h2>" in repeated.paths.report.read_text("utf-8")
    assert sha256_of(repeated.paths.predictions) == predictions

    output, stages, epochs = repeated.reproduce(5)
    assert (stages, epochs) == (["repeat", "evaluate"], 2)
    five = {path.name: sha256_of(path) for path in repeated.paths.repeats.glob("*.h5")}
    assert len(five) == 4 and three.items() <= five.items()

    repeated.call("seqops", "publish", TASK)
    assert "v1: Over 5 seeds: accuracy " in repeated.call("seqops", "compare", TASK)
    client, runs = repeated.runs()
    main, *nested = runs
    assert [run.info.run_name for run in runs] == ["sample", "seed 8", "seed 9", "seed 10", "seed 11"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert [run.data.tags["seqops.kind"] for run in runs] == ["training", *["repeat"] * 4]
    assert {run.data.tags["mlflow.parentRunId"] for run in nested} == {main.info.run_id}
    assert len({run.data.tags["seqops.seeds_group"] for run in runs}) == 1
    scores = repeated.metrics["seeds"]["scores"]["accuracy"]
    assert main.data.metrics["test/accuracy.seeds_mean"] == pytest.approx(scores["value"])
    assert [run.data.metrics["test/accuracy"] for run in runs] == pytest.approx(scores["values"])
    for run in runs:
        assert len(client.get_metric_history(run.info.run_id, "test/accuracy")) == 1
        assert len(client.get_metric_history(run.info.run_id, "seconds")) == 1
        assert len(client.get_metric_history(run.info.run_id, "train/loss")) == 2

    _, stages, epochs = repeated.reproduce(1)
    assert (stages, epochs) == ([], 0)  # DVC restores both stages from its cache, with the empty folder
    assert list(repeated.paths.repeats.glob("*.h5")) == [] and "seeds" not in repeated.metrics
    assert sha256_of(repeated.paths.weights) == model
