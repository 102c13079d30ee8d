"""A toy project with a registry: versions are made of predictions, right on chosen rows, without a fit."""

from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd

from seqops.core.arrays_io import write_splits, write_table
from seqops.core.files import read_json, sha256_of, write_json
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.ragged import Ragged, Split
from seqops.evaluation import evaluate
from seqops.registry import publish, versions
from seqops.registry.champion import ChampionAlias
from seqops.registry.promotion_rule import PromotionRule
from seqops.runtime.journal import Journal
from seqops.tracking import connection
from seqops.tracking.fingerprint import Fingerprint
from toy import ToyData, ToyEvaluation, toy_task

CHANCE = evaluate.BootstrapConfig(400, 0, 0.05)
RULE = PromotionRule(CHANCE, slice_alpha=0.05, unscorable="keep")
ROWS = 60  # of the test split, every second one odd
EVEN = range(0, ROWS, 2)  # what the trivial baseline has right
BETTER = range(ROWS)
GOOD = sorted(set(BETTER) - set(range(1, 24, 2)))  # wrong on twelve odd rows of the first slice
BAD = range(0)


class Halves(ToyData):
    """The toy, whose test rows are even and odd in turn and have two slices."""

    def encode(self, table, split, meta):
        odd = np.arange(ROWS) % 2
        test = Split({"digits": Ragged.from_rows([[1 + n] for n in odd], np.int64), "odd": odd})
        return {**super().encode(table, split, meta), "test": test}


class HalvesEvaluation(ToyEvaluation):
    def slices(self, truth, meta):
        return {"first": np.arange(len(truth)) < 40, "last": np.arange(len(truth)) >= 40}


def predictions(truth, right):
    """Predict so that exactly the rows `right` are right."""
    odd = truth.plain("odd")
    return pd.DataFrame({"odd": np.where(np.isin(np.arange(len(odd)), list(right)), odd, 1 - odd)})


@dataclass
class Realm:
    """A project folder, its task and its registered model."""

    store: Project
    task: Task
    client: mlflow.MlflowClient

    @property
    def model(self):
        return self.task.data.registered_name

    @property
    def folder(self):
        return self.store.task_paths(self.task.name)

    @property
    def succession(self):
        return ChampionAlias(connection.connect(self.store), self.store, self.task.name, self.model)

    def write(self, right, data=0):
        """Write the artefacts of a model right on these test rows; another number is other data."""
        folder, toy = self.folder, self.task.data
        splits, meta = toy.split_and_encode(None)
        write_splits(folder.arrays, splits)
        write_json(folder.meta, {**meta, "data": data})
        write_table(folder.table, pd.DataFrame({"data": [data]}))
        predicted = predictions(splits["test"], right)
        folder.weights.write_bytes(repr(sorted(right)).encode())
        evaluation = self.task.evaluation()
        baselines = evaluation.baselines(splits, meta)
        found = evaluate.evaluate(evaluation, predicted, splits["test"], meta, baselines, CHANCE)
        found.metrics.update(task=self.task.name, source="sample")
        folder.plots.mkdir(exist_ok=True)
        folder.report.write_text("a report")
        write_table(folder.predictions, predicted)
        write_json(folder.metrics, found.metrics)
        return self.rehash()

    def rehash(self):
        """Let the scores on disk be those of the data and weights on disk."""
        folder = self.folder
        content = {"data": folder.data_sha256(), "model": sha256_of(folder.weights)}
        write_json(folder.metrics, {**read_json(folder.metrics), "sha256": content})
        return self

    def artifact(self, run, name):
        """Return where the store keeps a file of a run."""
        return Path(run.info.artifact_uri.removeprefix("file://")) / name

    def publish(self, rule=RULE):
        return publish.publish(self.store, self.task, Fingerprint.compute(self.store, self.task), rule)

    def make(self, right, data=0):
        """Write and publish a model that is right on these test rows."""
        return self.write(right, data).publish()

    @property
    def champion(self):
        return versions.get_alias(self.client, self.model, "champion")

    @property
    def challenger(self):
        return versions.get_alias(self.client, self.model, "challenger")

    def tags(self, version):
        return self.client.get_model_version(self.model, version).tags

    def lines(self, stage="outcome"):
        """Return (action, version, from, to) of each line of the ledger."""
        return [
            (e["action"], e["version"], e["from"], e["to"])
            for e in Journal.open(self.store).entries()
            if e["stage"] == stage
        ]

    def forget(self):
        """Lose the registered model with all its versions, and its runs."""
        for version in versions.versions(self.client, self.model):
            self.client.delete_model_version(self.model, version.version)
        self.client.delete_registered_model(self.model)
        experiment = self.client.get_experiment_by_name(self.task.name)
        for run in self.client.search_runs([experiment.experiment_id]):
            self.client.delete_run(run.info.run_id)


def founded(root, name, kind=Halves):
    """Found a realm in an empty folder; its registered model bears the name."""
    data = type("Toy", (kind,), {"registered_name": name})()
    section = {"source": "sample", "data": {}, "model": {}, "fit": {}}
    task = toy_task(name, data, type("OwnEvaluation", (HalvesEvaluation,), {}), section)
    project = Project(root)
    project.task_paths(name).path.mkdir(parents=True, exist_ok=True)
    return Realm(project, task, connection.connect(project))


def stub_bundle(task, folder, run_id, example):
    """Stand for the bundle: an address beside the run, with the weights in it."""
    client = mlflow.MlflowClient()
    client.log_artifact(run_id, str(folder.weights), "model")
    return f"{client.get_run(run_id).info.artifact_uri}/model"
