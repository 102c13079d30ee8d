"""A real bundle, taught on one split of a series, is scored on another: by its own meta and weights."""

from pathlib import Path

import keras
import numpy as np
import pytest
from ruamel.yaml import YAML

from realm import CHANCE, RULE, stub_bundle
from seqops.blocks import comparison, evaluation, publish, registry, track
from seqops.blocks.comparison import Present, Unscored
from seqops.blocks.identity import Identity
from seqops.contract import Baseline
from seqops.params import Params
from seqops.store import Store, sha256_of, write_json, write_splits, write_table

PARAMS = Path(__file__).parents[2] / "params.yaml"
NAME = "forecast"


def task_with(test):
    """Configure a small, untrained network whose last `test` rows are for testing."""
    document = YAML().load(PARAMS)
    section = document["tasks"][NAME]
    section["data"]["test"] = test
    section["model"].update(members=1, units=2)
    return Params(PARAMS, document).task(NAME)


def written(store, task, raw):
    """Write the artefacts of an untrained model; it must face a forecast of half of its own."""
    folder, data, network = store.folder(NAME), task.data, task.network()
    table = data.read([raw])
    splits, meta = data.encode(table)
    write_table(folder.table, table)
    write_splits(folder.arrays, splits)
    write_json(folder.meta, meta)
    keras.utils.set_random_seed(0)
    model = network.build(meta)
    model.save_weights(folder.weights)
    predicted = network.predict(model, splits["test"], meta)
    half = predicted.map(lambda cells: [cell / 2 for cell in cells])
    baselines = [Baseline("half", "trivial", half)]
    found = evaluation.evaluate(data, predicted, splits["test"], meta, baselines, CHANCE)
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
    store = Store(tmp_path_factory.mktemp("bundles"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", tracking_uri)
        first, second = task_with(36), task_with(30)
        name, sample = next(iter(first.data.sample().items()))
        raw = store.folder(NAME).raw / name
        raw.parent.mkdir(parents=True)
        raw.write_bytes(sample)
        taught = written(store, first, raw)
        assert publish.publish(store, first, Identity.of(store, first), RULE).champion
        written(store, second, raw)
        yield store, first, second, taught


def test_a_champion_of_another_split_is_scored_on_the_present_rows(scene, monkeypatch):
    store, first, second, (model, meta, table) = scene
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    decision = publish.publish(store, second, Identity.of(store, second), RULE)
    rows = first.data.apply(table, second.data.assign(table), meta)["test"]
    assert len(rows) == 30
    present = Present.of(second, store.folder(NAME), "")
    expected = present.score(first.network().predict(model, rows, meta)).point()
    assert decision.before == "1"
    assert np.isclose(decision.numbers["champion"], expected, rtol=1e-6)


def test_an_altered_bundle_is_not_scored(scene):
    store, _, second, _ = scene
    client = track.connect(store)
    version = registry.version(client, second.data.registered_name, "1")
    logged = client.get_logged_model(version.source.removeprefix("models:/"))
    local = Path(logged.artifact_location.removeprefix("file://"))
    weights = next(local.rglob("model.weights.h5"))
    weights.write_bytes(weights.read_bytes() + b"more")
    present = Present.of(second, store.folder(NAME), store.folder(NAME).data_sha256())
    with pytest.raises(Unscored, match=r"artifacts/model\.weights\.h5 is altered"):
        comparison.goal_of(client, present, version)
