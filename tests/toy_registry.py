"""A toy project with a registry: versions are made from predictions on chosen rows, without training."""

import tempfile
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
from seqops.core.records import Baseline
from seqops.evaluation import evaluate
from seqops.preprocessing.row_keys import KEYS, keys_column
from seqops.registry import publish, versions
from seqops.registry.champion import ChampionAlias
from seqops.registry.names import registered_name
from seqops.registry.promotion_rule import PromotionRule
from seqops.registry.seen_rows import write_fitted_keys
from seqops.registry.tags import packed, tags_of
from seqops.runtime.journal import Journal
from seqops.tracking import connection
from seqops.tracking.fingerprint import Fingerprint
from toy import ToyData, ToyEvaluation, toy_task

BOOTSTRAP = evaluate.BootstrapConfig(400, 0, 0.05)
RULE = PromotionRule(BOOTSTRAP, slice_alpha=0.05, unscorable="keep", untrained="refuse", gate="trivial")
ROWS = 60  # of the test split, alternately even and odd
EVEN = range(0, ROWS, 2)  # the rows on which the trivial baseline is correct
BETTER = range(ROWS)
GOOD = sorted(set(BETTER) - set(range(1, 24, 2)))  # wrong on twelve odd rows of the first slice
BAD = range(0)


class ParityData(ToyData):
    """Toy data whose test rows are alternately even and odd.

    contents: what each test row is made of; fitted: the test rows that training rows are equal to.
    """

    contents = tuple(f"row {row}" for row in range(ROWS))
    fitted = range(0)

    def assign_splits(self, table):
        return np.full(0 if table is None else len(table), "test")

    def encode(self, table, split, meta):
        odd = np.arange(ROWS) % 2
        test = Split({"digits": Ragged.from_rows([[1 + n] for n in odd], np.int64), "odd": odd})
        splits = super().encode(table, split, meta)
        own = range(len(splits["train"]) - len(self.fitted))
        keys = keys_column([*(self.contents[row] for row in self.fitted), *(f"train {row}" for row in own)])
        train = Split({**splits["train"].columns, KEYS: keys})
        return {**splits, "train": train, "test": Split({**test.columns, KEYS: keys_column(self.contents)})}


class ParityEvaluation(ToyEvaluation):
    def slices(self, truth, meta):
        return {"first": np.arange(len(truth)) < 40, "last": np.arange(len(truth)) >= 40}


def predictions(truth, correct):
    """Return predictions that are correct on exactly the rows `correct`."""
    odd = truth.plain("odd")
    return pd.DataFrame({"odd": np.where(np.isin(np.arange(len(odd)), list(correct)), odd, 1 - odd)})


def add_perfect_baseline(toy):
    """Give the task a classical baseline that is always correct."""

    def baselines(self, splits, meta, model_kind=""):
        found = Baseline("perfect", "classical", predictions(splits["test"], BETTER))
        return [*ToyEvaluation.baselines(self, splits, meta), found]

    type(toy.task.evaluation()).baselines = baselines


@dataclass
class ToyRegistry:
    """A project, its task and its registered model."""

    project: Project
    task: Task
    client: mlflow.MlflowClient

    @property
    def model(self):
        return registered_name(self.task)

    @property
    def folder(self):
        return self.project.task_paths(self.task.name)

    @property
    def champion_alias(self):
        return ChampionAlias(connection.connect(self.project), self.project, self.task.name, self.model)

    def write(self, correct, data=0, contents=ParityData.contents):
        """Write the artefacts of a model that is correct on these test rows.

        data: differs for other data; contents: of the test rows.
        """
        folder, toy = self.folder, self.task.data
        type(toy).contents = contents
        splits, meta = toy.split_and_encode(None)
        write_splits(folder.arrays, splits)
        write_json(folder.meta, {**meta, "data": data})
        write_table(folder.table, pd.DataFrame({"data": [data]}))
        predicted = predictions(splits["test"], correct)
        folder.weights.write_bytes(repr(sorted(correct)).encode())
        evaluation = self.task.evaluation()
        baselines = evaluation.baselines(splits, meta)
        found = evaluate.evaluate(evaluation, predicted, splits["test"], meta, baselines, BOOTSTRAP)
        found.metrics.update(task=self.task.name, source="sample")
        folder.plots.mkdir(exist_ok=True)
        folder.plot_data.mkdir(exist_ok=True)
        folder.report.write_text("a report")
        write_table(folder.predictions, predicted)
        write_json(folder.evaluation, found.metrics)
        return self.rehash()

    def rehash(self):
        """Record the hashes of the data and weights on disk in the metrics."""
        folder = self.folder
        content = {"data": folder.data_sha256(), "model": sha256_of(folder.weights)}
        write_json(folder.evaluation, {**read_json(folder.evaluation), "sha256": content})
        return self

    def artifact(self, run, name):
        """Return the path of a file of a run in the store."""
        return Path(run.info.artifact_uri.removeprefix("file://")) / name

    def publish(self, rule=RULE):
        return publish.publish(self.project, self.task, Fingerprint.compute(self.project, self.task), rule)

    def make(self, correct, data=0, contents=ParityData.contents):
        """Write and publish a model that is correct on these test rows."""
        return self.write(correct, data, contents).publish()

    @property
    def champion(self):
        return versions.get_alias(self.client, self.model, "champion")

    @property
    def challenger(self):
        return versions.get_alias(self.client, self.model, "challenger")

    def tags(self, version):
        """Return the values of a version by name."""
        return tags_of(self.client.get_model_version(self.model, version))

    def set_tags(self, version, values):
        """Replace all tags of a version."""
        replace_tags(self.client, self.model, version, packed(values))

    def forget(self, version, key):
        """Let a version be one of a former release, which did not have this value."""
        self.set_tags(version, {k: v for k, v in self.tags(version).items() if k != key})

    def as_former_release(self, version):
        """Let a version have a tag for each value, as former releases registered it."""
        replace_tags(self.client, self.model, version, self.tags(version))

    def decisions(self, stage="outcome"):
        """Return (action, version, from, to) of each line of the journal."""
        return [
            (e["action"], e["version"], e["from"], e["to"])
            for e in Journal.open(self.project).entries()
            if e["stage"] == stage
        ]

    def delete_all(self):
        """Delete the registered model with all its versions, and its runs."""
        for version in versions.versions(self.client, self.model):
            self.client.delete_model_version(self.model, version.version)
        self.client.delete_registered_model(self.model)
        experiment = self.client.get_experiment_by_name(self.task.name)
        for run in self.client.search_runs([experiment.experiment_id]):
            self.client.delete_run(run.info.run_id)


def create_toy_registry(root, name, kind=ParityData):
    """Create a toy registry in a folder; `name` is the name of its task and of its registered model."""
    data = type("Toy", (kind,), {"registered_name": name})()
    section = {"source": "sample", "data": {}, "model": {}, "fit": {}, "registry": {"name": name}}
    task = toy_task(name, data, type("OwnEvaluation", (ParityEvaluation,), {}), section)
    project = Project(root)
    project.task_paths(name).path.mkdir(parents=True, exist_ok=True)
    return ToyRegistry(project, task, connection.connect(project))


def replace_tags(client, model, version, tags):
    """Let a version have these tags and no others."""
    for key, value in tags.items():
        client.set_model_version_tag(model, version, key, value)
    for key in client.get_model_version(model, version).tags.keys() - tags.keys():
        client.delete_model_version_tag(model, version, key)


def stub_bundle(task, folder, run_id, example):
    """Log the weights and the keys of rows next to the run in place of a bundle; return its URI."""
    client = mlflow.MlflowClient()
    client.log_artifact(run_id, str(folder.weights), "model")
    with tempfile.TemporaryDirectory() as scratch:
        client.log_artifact(
            run_id, str(write_fitted_keys(folder.encoded()[0], Path(scratch))), "model/artifacts"
        )
    return f"{client.get_run(run_id).info.artifact_uri}/model"
