"""The page of results from an invented store: which run counts for a preset, and every cell."""

import json
import shutil
from pathlib import Path

import mlflow
import pytest
from typer.testing import CliRunner

from seqops.blocks.markdown import number
from seqops.blocks.track import logged
from seqops.cli import app
from seqops.params import Params
from seqops.presets import Preset
from seqops.store import Store

HERE = Path(__file__).parents[2]
PRESETS = {
    "fast": "  ner:\n    fit: {epochs: 2}\n  translation:\n    fit: {epochs: 3}\n",
    "never": "  ner:\n    model: {units: 9}\n",
    "wide": "  ner:\n    model: {units: 128, kind: gru}\n    source: klp2016\n",
}
PAGE = (Path(__file__).parent / "results.md").read_text("utf-8")


def score(value):
    return {"value": value, "low": round(value - 0.05, 3), "high": round(value + 0.05, 3)}


def against(low, high, p):
    return {"value": (low + high) / 2, "low": low, "high": high, "p": p}


def tags(f1, longest):
    """Invent the metrics.json of a tagger."""
    baselines = {"always O": 0.0, "usual": 0.4, "longest": 0.805}
    return {
        "source": "sample",
        "n_test": 40,
        "goal": "f1",
        "higher_is_better": True,
        "model": {
            "f1": score(f1),
            "f1_OG": score(0.1),
            "precision": {"value": 0.9, "low": 0.8, "high": 0.95},
            "recall": {"value": 0.7, "low": 0.6, "high": None},
        },
        "order": ["recall", "f1", "precision", "f1_OG"],
        "baselines": {name: {"f1": score(value)} for name, value in baselines.items()},
        "baseline_kinds": {"always O": "trivial", "usual": "trivial", "longest": "classical"},
        "against": {
            "always O": against(0.7, 0.9, 0.0),
            "usual": against(0.3, 0.5, 0.01),
            "longest": longest,
        },
    }


TIES, LOSES = against(-0.06, 0.05, 0.6), against(-0.2, -0.1, 1.0)
TRANSLATED = {
    "source": "sample",
    "n_test": 40,
    "goal": "bleu",
    "higher_is_better": True,
    "model": {"bleu": score(20)},
    "baselines": {"copy": {"bleu": score(3)}},
    "baseline_kinds": {"copy": "trivial"},
    "against": {"copy": against(15, 19, 0.001)},
}


class Invented:
    """A checkout with three presets, and a tracking store in which runs are written down by hand."""

    def __init__(self, root, database):
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copy(HERE / name, root / name)
        (root / "presets").mkdir()
        for name, text in PRESETS.items():
            (root / "presets" / f"{name}.yaml").write_text(f"tasks:\n{text}", "utf-8")
        self.root, self.store = root, Store(root)
        self.client = mlflow.MlflowClient(f"sqlite:///{database}")

    def run(self, task, preset, metrics, seconds=None, epochs=0, status="FINISHED", kind="training", also=()):
        """Write down a run; also: params that differ from those of the preset."""
        found = self.client.get_experiment_by_name(task)
        folder = (self.root / "kept" / task).as_uri()
        experiment = found.experiment_id if found else self.client.create_experiment(task, folder)
        run = self.client.create_run(experiment, tags={"seqops.kind": kind}).info.run_id
        for key, value in {**logged(Preset.read(self.store, preset).task(task)), **dict(also)}.items():
            self.client.log_param(run, key, value)
        for epoch in range(epochs):
            self.client.log_metric(run, "train/loss", 1.0, step=epoch + 1)
        if seconds is not None:
            self.client.log_metric(run, "seconds", seconds)
        if metrics is not None:
            self.client.log_text(run, json.dumps(metrics), "metrics.json")
        self.client.set_terminated(run, status)

    def results(self, *tasks):
        return CliRunner().invoke(
            app, ["results", *tasks, "--document", str(self.root / "docs" / "results.md")]
        )

    @property
    def page(self):
        return (self.root / "docs" / "results.md").read_text("utf-8")


@pytest.fixture
def invented(tmp_path, tracking_uri, monkeypatch):
    mlflow.MlflowClient(tracking_uri).search_experiments()
    database = tmp_path / "copied.db"
    shutil.copy(tracking_uri.removeprefix("sqlite:///"), database)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    return Invented(tmp_path, database)


def test_the_page_says_what_the_store_recorded(invented):
    invented.run("ner", "fast", tags(0.3, LOSES), 99, 2)
    invented.run("ner", "fast", tags(0.8, TIES), 12.4, 2)
    # of no preset, of a study, not finished, not evaluated
    invented.run("ner", "fast", tags(0.99, TIES), 1, 1, also={"fit.epochs": "1"})
    invented.run("ner", "fast", tags(0.98, TIES), 1, 1, also={"fit.stages": "[]"})
    invented.run("ner", "never", tags(0.97, TIES), 1, 1, kind="trial")
    invented.run("ner", "fast", tags(0.96, TIES), 1, 1, status="FAILED")
    invented.run("ner", "fast", None, 1, 1)
    invented.run("ner", "wide", tags(0.7, LOSES), 61, 4)
    invented.run("translation", "fast", TRANSLATED)
    done = invented.results()
    assert done.exit_code == 0, done.stderr
    head, mark, tables = invented.page.partition("## ner\n")
    assert mark + tables == PAGE
    assert head.startswith("# Results of the presets\n\nWritten by `make results` ")
    assert "*beats* at p < 0.05," in " ".join(head.split())
    first = invented.page
    invented.results()
    assert invented.page == first


def test_a_run_of_former_values_is_of_no_preset_any_more(invented):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.run("ner", "wide", tags(0.7, TIES), 12, 2)
    path = invented.root / "presets" / "fast.yaml"
    path.write_text("tasks:\n  ner:\n    fit: {epochs: 5}\n", "utf-8")
    assert invented.results("ner").exit_code == 0
    assert "| wide |" in invented.page
    assert "Not run: `seqops run fast ner`, `seqops run never ner`." in invented.page
    assert "translation" not in invented.page


def test_an_empty_store_is_refused_in_words(invented):
    done = invented.results()
    assert done.exit_code == 1
    assert "copied.db holds no finished and evaluated run of a preset." in done.stderr
    assert "Make one: `seqops run fast ner`." in done.stderr
    assert not (invented.root / "docs").exists()


def test_a_preset_of_no_task_is_refused_by_name(invented):
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    (invented.root / "presets" / "odd.yaml").write_text("tasks:\n  nre:\n    source: sample\n", "utf-8")
    assert "odd.yaml:2: tasks.nre: unknown key; did you mean 'ner'?" in invented.results().stderr


def test_runs_beyond_the_first_page_of_the_store_are_found(invented, monkeypatch):
    search = mlflow.MlflowClient.search_runs
    monkeypatch.setattr(
        mlflow.MlflowClient,
        "search_runs",
        lambda *given, **named: search(*given, **{**named, "max_results": 1}),
    )
    invented.run("ner", "wide", tags(0.7, TIES), 12, 2)
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.results("ner")
    assert "| wide |" in invented.page
    assert "| fast |" in invented.page


def test_every_task_of_params_has_its_own_section_in_order(invented):
    names = Params.load(invented.store.params).names
    invented.run("translation", "fast", TRANSLATED)
    invented.run("ner", "fast", tags(0.8, TIES), 12, 2)
    invented.results()
    sections = [line.removeprefix("## ") for line in invented.page.split("\n") if line.startswith("## ")]
    assert sections == [name for name in names if name in ("ner", "translation")]


def test_numbers_have_four_digits_and_may_be_undefined():
    assert [number(value) for value in (0.80651, 48.249, 12, None)] == ["0.8065", "48.25", "12", "undefined"]
