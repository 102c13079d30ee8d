"""What every task owes, whatever it is about: one suite, bound to each task of params.yaml."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from seqops.arrays import Ragged
from seqops.params import Params
from seqops.store import read_splits, read_table, sha256_of, write_bytes, write_splits, write_table

PARAMS = Params.load(Path(__file__).parents[1] / "params.yaml")


@pytest.fixture(scope="module", params=PARAMS.names)
def case(request, tmp_path_factory):
    """One task with its embedded sample, encoded."""
    folder = tmp_path_factory.mktemp(request.param)
    task = PARAMS.task(request.param)
    for name, content in task.data.sample().items():
        write_bytes(folder / "raw" / name, content)
    table = task.data.read(sorted((folder / "raw").iterdir()))
    write_table(folder / "table.parquet", table)
    table = read_table(folder / "table.parquet")
    splits, meta = task.data.encode(table)
    return SimpleNamespace(task=task, data=task.data, folder=folder, table=table, splits=splits, meta=meta)


@pytest.fixture(scope="module")
def built(case):
    """The task's network, untrained."""
    import keras

    keras.utils.set_random_seed(0)
    network = case.task.network()
    return SimpleNamespace(network=network, model=network.build(case.meta, "adam"))


def some(split, n=5):
    return split.take(np.arange(min(n, len(split))))


def test_the_sample_is_the_same_at_every_call(case):
    assert dict(case.data.sample()) == dict(case.data.sample())


def test_every_row_names_its_raw_line_and_its_split(case):
    facts = case.data.facts(case.table)
    assert facts["line"].min() >= 1
    assert facts["line"].is_unique or facts["line"].is_monotonic_increasing
    assert set(facts["split"]) <= {"train", "validation", "test", "unused"}
    assert {"train", "test"} <= set(facts["split"])


def test_every_expectation_says_what_it_means(case):
    expectations = case.data.expectations()
    assert expectations
    assert all(e.kind.startswith("expect_") and len(e.meaning) > 10 for e in expectations)


def test_the_sample_keeps_every_expectation(case):
    from seqops.blocks.expect import run

    report = run(case.data.facts(case.table), case.data.expectations())
    assert [o.expectation.meaning for o in report.outcomes if not o.passed] == []


def test_splits_are_named_not_empty_and_survive_the_disk(case):
    assert set(case.splits) == {"train", "validation", "test"}
    assert all(len(split) for split in case.splits.values())
    write_splits(case.folder / "arrays", case.splits)
    for name, split in read_splits(case.folder / "arrays").items():
        for column, values in split.columns.items():
            ours = case.splits[name].columns[column]
            if isinstance(ours, Ragged):
                np.testing.assert_array_equal(values.values, ours.values)
                np.testing.assert_array_equal(values.offsets, ours.offsets)
            else:
                np.testing.assert_array_equal(values, ours)


def test_encoding_twice_gives_equal_bytes(case):
    splits, meta = case.data.encode(case.table)
    write_splits(case.folder / "once", case.splits)
    write_splits(case.folder / "twice", splits)
    assert sha256_of(case.folder / "once") == sha256_of(case.folder / "twice")
    assert json.dumps(meta) == json.dumps(case.meta)


def test_meta_is_plain_json(case):
    assert json.loads(json.dumps(case.meta, allow_nan=False)) == case.meta


def test_baselines_predict_every_test_row_and_one_of_them_is_trivial(case):
    baselines = case.data.baselines(case.splits, case.meta)
    assert "trivial" in {b.kind for b in baselines}
    for baseline in baselines:
        assert len(baseline.predicted) == len(case.splits["test"])
        scores = {s.name: s for s in case.data.score(baseline.predicted, case.splits["test"], case.meta)}
        goal = scores[case.data.goal.metric]
        assert np.isfinite(goal.point())
        assert len(goal.statistics) == len(case.splits["test"])
        assert goal.higher_is_better == case.data.goal.higher_is_better
        assert all(s.signature for s in scores.values())


def test_slices_are_masks_over_the_test_rows(case):
    for mask in case.data.slices(case.splits["test"], case.meta).values():
        assert mask.dtype == bool
        assert mask.shape == (len(case.splits["test"]),)


def test_lengths_and_batches_agree_with_the_rows(case, built):
    split = some(case.splits["train"], 7)
    assert built.network.lengths(split).shape == (len(split),)
    loss = built.model.train_on_batch(*built.network.batch(split, case.meta), return_dict=True)["loss"]
    assert np.isfinite(loss)


def test_predictions_are_a_table_that_scores_shows_and_survives_parquet(case, built):
    split = some(case.splits["test"])
    predicted = built.network.predict(built.model, split, case.meta)
    assert len(predicted) == len(split)
    write_table(case.folder / "predictions.parquet", predicted)
    again = read_table(case.folder / "predictions.parquet")
    ours = {s.name: s.point() for s in case.data.score(predicted, split, case.meta)}
    theirs = {s.name: s.point() for s in case.data.score(again, split, case.meta)}
    assert case.data.goal.metric in ours
    np.testing.assert_equal(ours, theirs)
    assert len(case.data.examples(predicted, split, case.meta)) == len(split)


def test_padding_changes_no_prediction(case, built):
    split = some(case.splits["test"], 4)
    together = built.network.predict(built.model, split, case.meta)
    alone = pd.concat(
        [built.network.predict(built.model, split.take(np.array([i])), case.meta) for i in range(len(split))],
        ignore_index=True,
    )
    for column in together.columns:
        for ours, theirs in zip(together[column], alone[column], strict=True):
            assert_close(ours, theirs)


def assert_close(ours, theirs):
    """Compare nested lists of numbers to within float32 rounding, all else exactly."""
    if isinstance(ours, (list, tuple, np.ndarray)):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_close(a, b)
    elif isinstance(ours, (float, np.floating)):
        assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-4)
    elif isinstance(ours, dict):
        assert_close(sorted(ours.items()), sorted(theirs.items()))
    else:
        assert ours == theirs


def test_a_raw_input_becomes_a_record(case, built):
    inputs = [case.data.request_example(case.meta)] * 2
    predicted = built.network.predict(built.model, case.data.request(inputs, case.meta), case.meta)
    records = case.data.respond(predicted, inputs, case.meta)
    assert len(records) == 2
    assert records[0] == records[1]
    assert json.loads(json.dumps(records, ensure_ascii=False)) == records


def test_plots_name_columns_that_their_tables_have(case, built):
    split = case.splits["test"]
    for plot in case.data.plots(built.network.predict(built.model, split, case.meta), split, case.meta):
        assert {plot.x, *plot.y, *(plot.band or ())} <= set(plot.table.columns)
