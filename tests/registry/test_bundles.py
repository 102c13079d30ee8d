"""A real bundle, taught on one split of a series, is scored on another: by its own meta and weights."""

import json
import shutil
import typing
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from realm import CHANCE, RULE, stub_bundle
from seqops.cli import app
from seqops.core.arrays_io import write_splits, write_table
from seqops.core.files import sha256_of, write_json
from seqops.core.interfaces import Baseline
from seqops.core.project import Project
from seqops.core.settings import DriftSettings
from seqops.evaluation import evaluate
from seqops.params import Params
from seqops.registry import publish, rescore, versions
from seqops.registry.rescore import CannotScoreError, HeldOutSet
from seqops.registry.verify import BUNDLE
from seqops.registry.version_process import running
from seqops.retraining.champion_drift import CannotMeasureDriftError, drift_from_champion
from seqops.serving import RawModel
from seqops.tracking import connection
from seqops.tracking.fingerprint import Fingerprint

PARAMS = Path(__file__).parents[2] / "params.yaml"
NAME = "forecast"


def task_with(test):
    """Configure a small, untrained network whose last `test` rows are for testing."""
    document = YAML().load(PARAMS)
    section = document["tasks"][NAME]
    section["data"]["test"] = test
    section["model"].update(ensemble_size=1, units=2)
    return Params(PARAMS, document).task(NAME)


def written(store, task, raw):
    """Write the artefacts of an untrained model; it must face a forecast of half of its own."""
    folder, data, network = store.task_paths(NAME), task.data, task.network()
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
    found = evaluate.evaluate(task.evaluation(), predicted, splits["test"], meta, baselines, CHANCE)
    content = {"data": folder.data_sha256(), "model": sha256_of(folder.weights)}
    found.metrics.update(task=NAME, source="sample", sha256=content)
    folder.plots.mkdir(exist_ok=True)
    folder.report.write_text("a report")
    write_table(folder.predictions, predicted)
    write_json(folder.metrics, found.metrics)
    return model, meta, table


@pytest.fixture(scope="module")
def scene(tmp_path_factory, tracking_uri):
    """Publish a first version with a real bundle; then lay the artefacts of another split over its own."""
    project = Project(tmp_path_factory.mktemp("bundles"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", tracking_uri)
        first, second = task_with(36), task_with(30)
        name, sample = next(iter(first.data.sample().items()))
        raw = project.task_paths(NAME).raw / name
        raw.parent.mkdir(parents=True)
        raw.write_bytes(sample)
        taught = written(project, first, raw)
        assert publish.publish(project, first, Fingerprint.compute(project, first), RULE).champion
        written(project, second, raw)
        yield project, first, second, taught


def test_a_champion_of_another_split_is_scored_on_the_present_rows(scene, monkeypatch):
    store, first, second, (model, meta, table) = scene
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    decision = publish.publish(store, second, Fingerprint.compute(store, second), RULE)
    rows = first.data.encode(table, second.data.assign_splits(table), meta)["test"]
    assert len(rows) == 30
    test_set = HeldOutSet.load(second, store.task_paths(NAME), "")
    expected = test_set.score(first.network().predict(model, rows, meta)).point()
    assert decision.before == "1"
    assert np.isclose(decision.numbers["champion"], expected, rtol=1e-6)


LIMITS = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=30)


def bundle(scene):
    """Return the folder of the first version's bundle."""
    store, first, _, _ = scene
    client = connection.connect(store)
    version = versions.version(client, first.data.registered_name, "1")
    logged = client.get_logged_model(version.source.removeprefix("models:/"))
    return Path(logged.artifact_location.removeprefix("file://"))


def against(scene, table, new=None, least=2):
    store, first, _, _ = scene
    rows = np.ones(len(table), np.bool_) if new is None else new
    thresholds = DriftSettings(alpha=0.01, psi=0.2, margin=0.02, min_rows=least)
    return drift_from_champion(first, connection.connect(store), table, rows, thresholds)


def test_the_rows_of_its_training_have_not_drifted_from_the_champion(scene):
    _, first, _, (_, _, table) = scene
    found = against(scene, table, first.data.assign_splits(table) != "test")
    assert [f.name for f in found.measured] == ["growth of Passengers", "surprise of Passengers"]
    assert not found.drifted


def test_new_rows_that_the_champion_would_test_on_are_predicted_and_scored_by_it(scene):
    table = scene[3][2]
    score = next(f for f in against(scene, table).measured if f.name == "score (backtest_mase)")
    assert (score.before, score.now) == (3, 3)  # 36 origins, in blocks of the 12 steps that they share
    assert score.overall.decline == 0.0
    assert score.p == 1.0


def test_a_series_that_jerks_has_drifted_and_one_that_only_grows_has_not(scene):
    table = scene[3][2]
    value = next(c for c in table.columns if c.startswith("value."))
    longer = pd.concat([table] * 2, ignore_index=True)
    new = np.arange(len(longer)) >= len(table)
    ordinals = {"ordinal": np.arange(len(longer)) + table["ordinal"][0]}
    growing = longer.assign(**ordinals)
    growing.loc[new, value] *= 10 ** np.linspace(0.5, 1, new.sum())
    jerking = longer.assign(**ordinals)
    jerking.loc[new, value] *= np.random.default_rng(0).choice([0.5, 2.0], new.sum())
    assert not any(f.drifted for f in against(scene, growing, new, least=30).measured if "surprise" in f.name)
    found = against(scene, jerking, new, least=30)
    assert found.drifted
    assert "surprise of Passengers (PSI" in found.summary()


def test_too_few_new_rows_tell_nothing(scene):
    table = scene[3][2]
    found = against(scene, table, np.arange(len(table)) >= len(table) - 12, least=30)
    assert not found.drifted
    assert found.summary() == "drift not tested: 12 new rows, at least 30 are needed"


def test_rows_that_do_not_fit_the_champion_are_told(scene):
    table = scene[3][2]
    said = r"version 1 of lstm-forecaster: the table has no column value\.Passengers"
    with pytest.raises(CannotMeasureDriftError, match=said):
        against(scene, table.drop(columns=[c for c in table.columns if c.startswith("value.")]))


def test_the_reference_is_hashed_and_small_and_holds_no_row(scene):
    folder = bundle(scene)
    reference = folder / "artifacts" / "reference.json"
    manifest = json.loads((folder / "artifacts" / "manifest.json").read_text("utf-8"))
    assert manifest["sha256"]["reference"] == sha256_of(reference)
    assert reference.stat().st_size < 30_000
    kept = json.loads(reference.read_text("utf-8"))
    assert set(kept) == {"growth of Passengers", "surprise of Passengers", "score (backtest_mase)"}


def test_a_bundle_of_before_there_were_references_answers_and_is_not_measured(scene):
    store, first, _, (_, meta, table) = scene
    folder, client, name = bundle(scene), connection.connect(store), first.data.registered_name
    listed = versions.version(client, name, "1").tags[BUNDLE]
    names = ("MLmodel", "artifacts/manifest.json", "artifacts/reference.json")
    files = {folder / name: (folder / name).read_bytes() for name in names}
    described, manifest, reference = files
    try:
        client.delete_model_version_tag(name, "1", BUNDLE)
        reference.unlink()
        hashes = json.loads(manifest.read_text("utf-8"))
        del hashes["sha256"]["reference"]
        manifest.write_text(json.dumps(hashes), "utf-8")
        document = YAML().load(described)
        del document["flavors"]["python_function"]["artifacts"]["reference"]
        YAML().dump(document, described)
        assert against(scene, table) is None
        with running(client, versions.version(client, name, "1")) as process:
            (answer,) = process.predict([first.endpoint().example(meta)])
        assert len(answer["forecast"]) == first.data.horizon
    finally:
        client.set_model_version_tag(name, "1", BUNDLE, listed)
        for path, content in files.items():
            path.write_bytes(content)


def test_without_a_champion_nothing_is_measured(scene):
    store, first, _, (_, _, table) = scene
    nobody = type("Nobody", (type(first.data),), {"registered_name": "nobody"})
    task = replace(first, data=nobody(**first.data.__dict__))
    client = connection.connect(store)
    assert drift_from_champion(task, client, table, np.ones(len(table), np.bool_), LIMITS) is None


def test_the_command_shows_what_moved_and_says_it_in_a_line(scene, monkeypatch):
    store = scene[0]
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(PARAMS.parent / name, store.root / name)
    monkeypatch.setenv("SEQOPS_ROOT", str(store.root))
    shown = CliRunner().invoke(app, ["drift", NAME])
    assert shown.exit_code == 0, shown.output
    assert "surprise of Passengers" in shown.output
    assert shown.output.splitlines()[-1].startswith("no drift; 1 of 3 features tested")
    plain = CliRunner().invoke(app, ["drift", NAME, "--json"])
    assert json.loads(plain.output)["drifted"] is False


def test_an_altered_bundle_is_not_scored(scene):
    store, _, second, _ = scene
    client = connection.connect(store)
    version = versions.version(client, second.data.registered_name, "1")
    weights = next(bundle(scene).rglob("model.weights.h5"))
    weights.write_bytes(weights.read_bytes() + b"more")
    test_set = HeldOutSet.load(second, store.task_paths(NAME), store.task_paths(NAME).data_sha256())
    with pytest.raises(CannotScoreError, match=r"artifacts/model\.weights\.h5 is altered"):
        rescore.goal_score(client, test_set, version)


def test_no_type_hint_of_a_served_model_makes_mlflow_warn():
    # MLflow warns at registration of every `Any` in what `predict` takes first and returns
    hints = typing.get_type_hints(RawModel.predict)
    assert (hints["model_input"], hints["return"]) == (list[str], list[dict[str, object]])
