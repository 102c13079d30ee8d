"""A real bundle, trained on one split of a series, is scored on another with its own meta and weights."""

import json
import shutil
import subprocess
import sys
import typing
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.arrays_io import write_splits, write_table
from seqops.core.files import sha256_of, write_json
from seqops.core.project import Project
from seqops.core.records import Baseline
from seqops.core.settings import DriftSettings
from seqops.evaluation import evaluate
from seqops.params import Params
from seqops.registry import publish, rescore, version_worker, versions
from seqops.registry.names import registered_name
from seqops.registry.rescore import CannotScoreError, HeldOutSet
from seqops.registry.tags import tags_of
from seqops.registry.verify import BUNDLE
from seqops.registry.version_process import running
from seqops.retraining.champion_drift import CannotMeasureDriftError, drift_from_champion
from seqops.serving import RawModel
from seqops.tracking import connection
from seqops.tracking.fingerprint import Fingerprint
from toy_registry import BOOTSTRAP, RULE, stub_bundle

PARAMS = Path(__file__).parents[2] / "params.yaml"
NAME = "forecast"


def task_with(test):
    """Configure a small, untrained network that tests on the last `test` rows, one step ahead."""
    document = YAML().load(PARAMS)
    section = document["tasks"][NAME]
    section["data"].update(test=test, backtest_horizon=1)
    section["model"].update(ensemble_size=1, units=2)
    return Params(PARAMS, document).task(NAME)


def write_artefacts(project, task, raw):
    """Write the artefacts of an untrained model, with a baseline that forecasts half its values."""
    folder, data, network = project.task_paths(NAME), task.data, task.network()
    table = data.read([raw])
    splits, meta = data.split_and_encode(table)
    write_table(folder.table, table)
    write_splits(folder.arrays, splits)
    write_json(folder.meta, meta)
    keras.utils.set_random_seed(0)
    model = network.build(meta)
    model.save_weights(folder.weights)
    predicted = network.predict(model, splits["test"], meta)
    half = predicted.map(lambda cells: [cell / 2 for cell in cells])
    baselines = [Baseline("half", "trivial", half)]
    found = evaluate.evaluate(task.evaluation(), predicted, splits["test"], meta, baselines, BOOTSTRAP)
    content = {"data": folder.data_sha256(), "model": sha256_of(folder.weights)}
    found.metrics.update(task=NAME, source="sample", sha256=content)
    folder.plots.mkdir(exist_ok=True)
    folder.plot_data.mkdir(exist_ok=True)
    folder.report.write_text("a report")
    write_table(folder.predictions, predicted)
    write_json(folder.evaluation, found.metrics)
    return model, meta, table


@pytest.fixture(scope="module")
def published(tmp_path_factory, tracking_uri):
    """Publish a first version with a real bundle, then write the artefacts of another split."""
    project = Project(tmp_path_factory.mktemp("bundles"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", tracking_uri)
        first, second = task_with(36), task_with(30)
        name, sample = next(iter(first.data.sample().items()))
        raw = project.task_paths(NAME).raw / name
        raw.parent.mkdir(parents=True)
        raw.write_bytes(sample)
        trained = write_artefacts(project, first, raw)
        assert publish.publish(project, first, Fingerprint.compute(project, first), RULE).champion
        write_artefacts(project, second, raw)
        yield project, first, second, trained


def test_a_champion_of_another_split_is_scored_on_the_current_test_rows(published, monkeypatch):
    project, first, second, (model, meta, table) = published
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    decision = publish.publish(project, second, Fingerprint.compute(project, second), RULE)
    rows = first.data.encode(table, second.data.assign_splits(table), meta)["test"]
    assert len(rows) == 30
    test_set = HeldOutSet.load(second, project.task_paths(NAME), "")
    expected = test_set.score(first.network().predict(model, rows, meta)).point()
    assert decision.before == "1"
    assert np.isclose(decision.numbers["champion"], expected, rtol=1e-6)


LIMITS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)


def bundle_path(published):
    """Return the path of the first version's bundle."""
    project, first, _, _ = published
    client = connection.connect(project)
    version = versions.version(client, registered_name(first), "1")
    logged = client.get_logged_model(version.source.removeprefix("models:/"))
    return Path(logged.artifact_location.removeprefix("file://"))


def measure_drift(published, table, new=None, min_rows=2):
    project, first, _, _ = published
    rows = np.ones(len(table), np.bool_) if new is None else new
    thresholds = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=min_rows)
    return drift_from_champion(first, connection.connect(project), table, rows, thresholds)


def test_training_rows_have_not_drifted_from_the_champion(published):
    _, first, _, (_, _, table) = published
    found = measure_drift(published, table, first.data.assign_splits(table) != "test")
    assert [f.name for f in found.measured] == ["growth of Passengers", "surprise of Passengers"]
    assert not found.drifted


def test_new_rows_in_the_champion_s_test_split_are_predicted_and_scored(published):
    table = published[3][2]
    score = next(f for f in measure_drift(published, table).measured if f.name == "score (backtest_mase)")
    assert (score.before, score.now) == (36, 36)
    assert score.overall.decline == pytest.approx(0.0, abs=1e-9)
    assert score.p == 1.0


def test_a_volatile_series_has_drifted_and_a_growing_one_has_not(published):
    table = published[3][2]
    value = next(c for c in table.columns if c.startswith("value."))
    longer = pd.concat([table] * 2, ignore_index=True)
    new = np.arange(len(longer)) >= len(table)
    ordinals = {"ordinal": np.arange(len(longer)) + table["ordinal"][0]}
    growing = longer.assign(**ordinals)
    growing.loc[new, value] *= 10 ** np.linspace(0.5, 1, new.sum())
    volatile = longer.assign(**ordinals)
    volatile.loc[new, value] *= np.random.default_rng(0).choice([0.5, 2.0], new.sum())
    assert not any(
        f.drifted
        for f in measure_drift(published, growing, new, min_rows=30).measured
        if "surprise" in f.name
    )
    found = measure_drift(published, volatile, new, min_rows=30)
    assert found.drifted
    assert "surprise of Passengers (PSI" in found.summary()


def test_too_few_new_rows_are_not_tested_for_drift(published):
    table = published[3][2]
    found = measure_drift(published, table, np.arange(len(table)) >= len(table) - 12, min_rows=30)
    assert not found.drifted
    assert found.summary() == "drift not tested: 12 new rows, at least 30 are needed"


def test_rows_that_do_not_fit_the_champion_are_reported(published):
    table = published[3][2]
    message = r"version 1 of lstm-forecaster-sample: the table has no column value\.Passengers"
    with pytest.raises(CannotMeasureDriftError, match=message):
        measure_drift(published, table.drop(columns=[c for c in table.columns if c.startswith("value.")]))


def test_the_reference_is_hashed_and_small_and_contains_no_row(published):
    folder = bundle_path(published)
    reference = folder / "artifacts" / "reference.json"
    manifest = json.loads((folder / "artifacts" / "manifest.json").read_text("utf-8"))
    assert manifest["sha256"]["reference"] == sha256_of(reference)
    assert reference.stat().st_size < 30_000
    content = json.loads(reference.read_text("utf-8"))
    assert set(content) == {"growth of Passengers", "surprise of Passengers", "score (backtest_mase)"}


def test_a_bundle_without_a_reference_answers_and_drift_is_not_measured(published):
    project, first, _, (_, meta, table) = published
    folder, client, name = bundle_path(published), connection.connect(project), registered_name(first)
    listed = versions.version(client, name, "1")
    names = ("MLmodel", "artifacts/manifest.json", "artifacts/reference.json")
    files = {folder / name: (folder / name).read_bytes() for name in names}
    described, manifest, reference = files
    try:
        versions.tag(client, listed, {}, without=BUNDLE)
        reference.unlink()
        hashes = json.loads(manifest.read_text("utf-8"))
        del hashes["sha256"]["reference"]
        manifest.write_text(json.dumps(hashes), "utf-8")
        document = YAML().load(described)
        del document["flavors"]["python_function"]["artifacts"]["reference"]
        YAML().dump(document, described)
        assert measure_drift(published, table) is None
        with running(client, versions.version(client, name, "1")) as process:
            (answer,) = process.predict([first.endpoint().example(meta)])
        assert len(answer["forecast"]) == first.data.horizon
    finally:
        versions.tag(client, listed, tags_of(listed))
        for path, content in files.items():
            path.write_bytes(content)


LOADING = """
import importlib.util, json, sys
from pathlib import Path

found = importlib.util.spec_from_file_location("version_worker", sys.argv[1])
worker = importlib.util.module_from_spec(found)
found.loader.exec_module(worker)
model = worker._load(Path(sys.argv[2]))
assert len(model.predict([sys.argv[3]])) == 1
print(json.dumps(sorted(sys.modules)))
"""


def test_a_version_answers_without_mlflow_and_plots(published):
    _, first, _, (_, meta, _) = published
    example = first.endpoint().example(meta)
    command = [sys.executable, "-c", LOADING, version_worker.__file__, str(bundle_path(published)), example]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert "keras" in loaded
    assert not {"dvc", "great_expectations", "matplotlib", "mlflow", "optuna", "sklearn"} & loaded


def test_without_a_champion_drift_is_not_measured(published):
    project, first, _, (_, _, table) = published
    unregistered = type("Unregistered", (type(first.data),), {"registered_name": "unregistered"})
    task = replace(first, data=unregistered(**first.data.__dict__))
    client = connection.connect(project)
    assert drift_from_champion(task, client, table, np.ones(len(table), np.bool_), LIMITS) is None


def test_the_command_shows_each_feature_and_a_one_line_summary(published, monkeypatch):
    project = published[0]
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(PARAMS.parent / name, project.root / name)
    monkeypatch.setenv("SEQOPS_ROOT", str(project.root))
    shown = CliRunner().invoke(app, ["drift", NAME])
    assert shown.exit_code == 0, shown.output
    assert "surprise of Passengers" in shown.output
    assert shown.output.splitlines()[-1].startswith("no drift; 2 of 3 features tested")
    plain = CliRunner().invoke(app, ["drift", NAME, "--json"])
    assert json.loads(plain.output)["drifted"] is False


def test_an_altered_bundle_is_not_scored(published):
    project, _, second, _ = published
    client = connection.connect(project)
    version = versions.version(client, registered_name(second), "1")
    weights = next(bundle_path(published).rglob("model.weights.h5"))
    weights.write_bytes(weights.read_bytes() + b"more")
    test_set = HeldOutSet.load(second, project.task_paths(NAME), project.task_paths(NAME).data_sha256())
    with pytest.raises(CannotScoreError, match=r"artifacts/model\.weights\.h5 is altered"):
        rescore.goal_score(client, test_set, version)


def test_no_type_hint_of_a_served_model_makes_mlflow_warn():
    # MLflow warns at registration of every `Any` in what `predict` takes first and returns
    hints = typing.get_type_hints(RawModel.predict)
    assert (hints["model_input"], hints["return"]) == (list[str], list[dict[str, object]])
