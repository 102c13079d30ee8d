"""The drift features of every task: finite, the same from disk, stable without drift, sensitive to change."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from parts import evaluation_of, metrics_of
from seqops.core.arrays_io import read_splits, read_table, write_splits, write_table
from seqops.core.files import read_json, write_bytes, write_json
from seqops.core.project import TaskPaths
from seqops.drift.detect import build_reference, measure_drift
from seqops.drift.features import encoded
from seqops.drift.profiles import values_of
from seqops.drift.reference import reference_of
from seqops.params import Params

SMALLER = {
    "tasks.ner.data.sentences": 400,
    "tasks.sentiment.data.reviews": 900,
    "tasks.textgen.data.sample_chars": 60000,
}
PARAMS = Params.load(Path(__file__).parents[2] / "params.yaml").with_values(SMALLER)


def without_entities(table):
    nothing = [[] for _ in range(len(table))]
    tags = [["O"] * len(row) for row in table["tags"]]
    return table.assign(tags=tags, starts=nothing, ends=nothing, types=nothing)


def volatile(table):
    factors = np.random.default_rng(0).choice([0.5, 2.0], len(table))
    return table.assign(**{c: table[c] * factors for c in table.columns if c.startswith("value.")})


def doubled(table):
    columns = [c for c in table.columns if c.startswith("value.")]
    return table.assign(**{c: [np.asarray(row) * 2 for row in table[c]] for c in columns})


def inverted(table):
    pictures = [
        header + bytes(255 - value for value in pixels) for header, pixels in map(parts, table["picture"])
    ]
    return table.assign(picture=pictures)


def parts(picture):
    """Divide a PGM picture into its header and its pixels."""
    end = picture.index(b"255\n") + 4
    return picture[:end], picture[end:]


CHANGES = {
    "forecast": ("surprise of Passengers", volatile),
    "ner": ("tag", without_entities),
    "translation": ("source tokens a byte", lambda table: table.assign(source=table["source"].str.upper())),
    "images": ("mean light", inverted),
    "labelling": ("value", doubled),
    "textgen": ("token", lambda table: table.assign(text=table["text"].str.upper())),
    "sentiment": ("label", lambda table: table.assign(label=table["label"].iloc[0])),
}


@pytest.fixture(scope="module", params=PARAMS.names)
def case(request, tmp_path_factory):
    """One task with its embedded sample, encoded, and the reference of its training rows."""
    folder, data = tmp_path_factory.mktemp(request.param), PARAMS.task(request.param).data
    for name, content in data.sample().items():
        write_bytes(folder / "raw" / name, content)
    write_table(folder / "table.parquet", data.read(sorted((folder / "raw").iterdir())))
    table = read_table(folder / "table.parquet")
    splits, meta = data.split_and_encode(table)
    return SimpleNamespace(
        name=request.param,
        data=data,
        folder=folder,
        table=table,
        splits=splits,
        meta=meta,
        reference=build_reference(evaluation_of(data).drift_features(splits["train"], meta)),
    )


def drift_of(case, table, rows):
    split = encoded(case.data, table, rows, "train", case.meta)
    evaluation = evaluation_of(case.data)
    features = evaluation.drift_features(split, case.meta)
    return measure_drift(case.reference, features, PARAMS.drift, evaluation.metrics.goal)


def test_all_drift_features_are_finite(case):
    for split in case.splits.values():
        features = evaluation_of(case.data).drift_features(split, case.meta)
        assert set(features) == set(case.reference)
        for column in features.values():
            values = values_of(column)
            assert len(values)
            assert values.dtype.kind == "U" or np.isfinite(values).all()


def test_rows_from_disk_have_the_same_features_as_those_in_memory(case):
    write_splits(case.folder / "arrays", case.splits)
    loaded = read_splits(case.folder / "arrays")["train"]
    assert build_reference(evaluation_of(case.data).drift_features(loaded, case.meta)) == case.reference


def test_the_reference_includes_the_score_of_the_test_rows(case):
    paths = TaskPaths(case.folder)
    splits = {**case.splits, "test": case.splits["test"].take(np.arange(12))}
    write_splits(paths.arrays, splits)
    write_json(paths.meta, case.meta)
    write_table(paths.predictions, evaluation_of(case.data).baselines(splits, case.meta)[0].predicted)
    reference = reference_of(evaluation_of(case.data), paths)
    score = f"score ({metrics_of(case.data).goal.metric})"
    assert set(reference) == {*case.reference, score}
    assert 0 < reference[score]["rows"] <= 12
    write_json(case.folder / "reference.json", reference)
    assert read_json(case.folder / "reference.json") == reference


def test_rows_outside_the_training_split_have_not_drifted(case):
    split = case.data.assign_splits(case.table)
    assert not drift_of(case, case.table, split != "train").drifted
    assert not drift_of(case, case.table, np.ones(len(split), np.bool_)).drifted


def test_a_clear_change_is_detected(case):
    name, change = CHANGES[case.name]
    changed = drift_of(case, change(case.table), np.ones(len(case.table), np.bool_))
    assert name in [feature.name for feature in changed.features if feature.drifted]
