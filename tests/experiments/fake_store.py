"""A checkout with three presets, and a tracking store whose runs are created by hand."""

import json
import re
import shutil
from pathlib import Path

import mlflow
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.project import Project
from seqops.experiments.presets import Preset
from seqops.tracking.mlflow_runs import run_params

ROOT = Path(__file__).parents[2]
PRESETS = {
    "fast": "  ner:\n    fit: {epochs: 2}\n  translation:\n    fit: {epochs: 3}\n",
    "never": "  ner:\n    model: {units: 9}\n",
    "wide": "  ner:\n    model: {units: 128, kind: gru}\n    source: klp2016\n",
}


def score(value):
    return {"value": value, "low": round(value - 0.05, 3), "high": round(value + 0.05, 3), "units": 40}


def comparison(low, high, p):
    return {"value": (low + high) / 2, "low": low, "high": high, "p": p}


def tagging_metrics(f1, longest):
    """Return the evaluation.json of a sequence tagger."""
    baselines = {"always O": 0.0, "usual": 0.4, "longest": 0.805}
    return {
        "source": "sample",
        "n_test": 40,
        "goal": "f1",
        "higher_is_better": True,
        "model": {
            "f1": score(f1),
            "f1_OG": score(0.1),
            "precision": {"value": 0.9, "low": 0.8, "high": 0.95, "units": 40},
            "recall": {"value": 0.7, "low": 0.6, "high": None, "units": 40},
        },
        "order": ["recall", "f1", "precision", "f1_OG"],
        "baselines": {name: {"f1": score(value)} for name, value in baselines.items()},
        "baseline_kinds": {"always O": "trivial", "usual": "trivial", "longest": "classical"},
        "against": {
            "always O": comparison(0.7, 0.9, 0.0),
            "usual": comparison(0.3, 0.5, 0.01),
            "longest": longest,
        },
    }


SEEDS = {
    "seeds": [0, 1, 2],
    "scores": {
        "f1": {
            "value": 0.79,
            "values": [0.8, 0.77, 0.8],
            "min": 0.77,
            "max": 0.8,
            "sd": 0.01732,
            "low": 0.74,
            "high": 0.83,
            "units": 40,
        }
    },
    "sha256": {"1": "a", "2": "b"},
}
"""The section of evaluation.json of a tagger trained with three seeds."""
TIES, LOSES = comparison(-0.06, 0.05, 0.6), comparison(-0.2, -0.1, 1.0)
TRANSLATION_METRICS = {
    "source": "sample",
    "n_test": 40,
    "goal": "bleu",
    "higher_is_better": True,
    "model": {"bleu": score(20)},
    "baselines": {"copy": {"bleu": score(3)}},
    "baseline_kinds": {"copy": "trivial"},
    "against": {"copy": comparison(15, 19, 0.001)},
}


class FakeStore:
    """A checkout with three presets, and a tracking store whose runs are created by hand."""

    def __init__(self, root, database):
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copy(ROOT / name, root / name)
        (root / "presets").mkdir()
        for name, text in PRESETS.items():
            (root / "presets" / f"{name}.yaml").write_text(f"tasks:\n{text}", "utf-8")
        self.root, self.project = root, Project(root)
        self.client = mlflow.MlflowClient(f"sqlite:///{database}")

    def add_run(
        self,
        task,
        preset,
        metrics,
        seconds=0,
        epochs=0,
        *,
        pretext=0,
        initial=None,
        status="FINISHED",
        kind="training",
        overrides=(),
    ):
        """Record a run that took `seconds` in all, with `pretext` of its epochs spent on the pretext task.

        initial: the score before training; overrides: params that differ from those of the preset.
        """
        found = self.client.get_experiment_by_name(task)
        folder = (self.root / "kept" / task).as_uri()
        experiment = found.experiment_id if found else self.client.create_experiment(task, folder)
        run = self.client.create_run(experiment, tags={"seqops.kind": kind}).info.run_id
        params = {**run_params(Preset.read(self.project, preset).task(task)), **dict(overrides)}
        for key, value in params.items():
            self.client.log_param(run, key, value)
        if initial is not None:
            self.client.log_metric(run, "validation/goal", initial, step=0)
        for epoch in range(epochs):
            self.client.log_metric(run, "seconds_per_epoch", seconds / epochs, step=epoch + 1)
            objective = "pretext" if epoch < pretext else "goal"
            self.client.log_metric(run, f"validation/{objective}", 0.123456 * (epoch + 1), step=epoch + 1)
        if epochs:
            self.client.log_metric(run, "peak_memory_mib", 1234.6)
        if metrics is not None:
            self.client.log_text(run, json.dumps(metrics), "evaluation.json")
        self.client.set_terminated(run, status)

    def delete_runs(self):
        """Delete all runs."""
        for experiment in self.client.search_experiments():
            for run in self.client.search_runs([experiment.experiment_id]):
                self.client.delete_run(run.info.run_id)

    def results(self, *tasks):
        return CliRunner().invoke(
            app, ["results", *tasks, "--output", str(self.root / "docs" / "results.md")]
        )

    @property
    def curves(self):
        """The rows of the curves file, without the hash of the settings."""
        return re.sub(r",[0-9a-f]{8},", ",", (self.root / "docs" / "results-curves.csv").read_text("utf-8"))

    @property
    def page(self):
        return (self.root / "docs" / "results.md").read_text("utf-8")
