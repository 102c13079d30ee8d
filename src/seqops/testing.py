"""The requirements on every task, as a test class: `TestChess = contract_of(task)` in a test module."""

from __future__ import annotations

import json
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from seqops.core.arrays_io import read_splits, read_table, write_splits, write_table
from seqops.core.files import sha256_of, write_bytes
from seqops.core.interfaces import Meta, Model, Network, Task
from seqops.core.mixtures import Mixture
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Split
from seqops.core.score import named
from seqops.evaluation.seeds import over_seeds
from seqops.metrics.rounding import rounded
from seqops.metrics.training_gain import TrainingGain
from seqops.preprocessing.row_keys import KEYS, fitted_keys, with_known_key
from seqops.preprocessing.splitting import SPLITS
from seqops.testing_comparisons import assert_close, assert_equal, some

STEPS = 20


def contract_of(task: Task) -> type[TaskContract]:
    """Return the contract as a test class for one task; assign it to a name that begins with `Test`."""
    return type(f"Test{task.name.title()}", (TaskContract,), {"task": task})


class TaskContract:
    """The requirements on every task, tested on its embedded sample."""

    task: ClassVar[Task]

    @pytest.fixture(scope="class")
    def case(self, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
        """Encode the task's embedded sample."""
        task = self.task
        folder = tmp_path_factory.mktemp(task.name)
        sample = dict(task.data.sample())
        for name, content in sample.items():
            write_bytes(folder / "raw" / name, content)
        table = task.data.read(sorted((folder / "raw").iterdir()))
        write_table(folder / "table.parquet", table)
        table = read_table(folder / "table.parquet")
        splits, meta = task.data.split_and_encode(table)
        return SimpleNamespace(
            task=task, data=task.data, sample=sample, folder=folder, table=table, splits=splits, meta=meta
        )

    @pytest.fixture(scope="class")
    def built(self, case: SimpleNamespace) -> SimpleNamespace:
        """Train for a few steps, because rounding decides the near-equal outputs of an untrained network."""
        net, model = fitted(case.task, case.splits, case.meta, STEPS)
        return SimpleNamespace(network=net, model=model, predict=partial(net.predict, model, meta=case.meta))

    @pytest.fixture
    def network(self, built: SimpleNamespace) -> Network:
        """Return the network of the task; what only a network has is not tested for other models."""
        if not isinstance(built.network, Network):
            pytest.skip("not a network alone")
        return built.network

    def test_the_sample_is_the_same_at_every_call(self, case: SimpleNamespace) -> None:
        assert dict(case.data.sample()) == case.sample

    def test_every_row_names_its_raw_line_and_its_split(self, case: SimpleNamespace) -> None:
        facts = case.data.with_checked_columns(case.table)
        assert facts["line"].min() >= 1
        assert facts["line"].is_unique or facts["line"].is_monotonic_increasing
        assert set(facts["split"]) <= {*SPLITS, "unused"}
        assert {"train", "test"} <= set(facts["split"])

    def test_every_expectation_says_what_it_means(self, case: SimpleNamespace) -> None:
        expectations = case.data.expectations()
        assert expectations
        assert all(e.kind.startswith("expect_") and len(e.meaning) > 10 for e in expectations)

    def test_the_sample_meets_every_expectation(self, case: SimpleNamespace) -> None:
        from seqops.validation import run_expectations

        report = run_expectations(case.data.with_checked_columns(case.table), case.data.expectations())
        assert [o.expectation.meaning for o in report.results if not o.passed] == []

    def test_splits_are_named_not_empty_and_survive_the_disk(self, case: SimpleNamespace) -> None:
        assert set(case.splits) == set(SPLITS)
        assert all(len(split) for split in case.splits.values())
        write_splits(case.folder / "arrays", case.splits)
        assert_equal(read_splits(case.folder / "arrays"), case.splits)

    def test_encoding_is_splitting_learning_and_applying_and_gives_equal_bytes(
        self, case: SimpleNamespace
    ) -> None:
        split = case.data.assign_splits(case.table)
        meta = case.data.fit_encoding(case.table, split)
        assert json.dumps(meta) == json.dumps(case.meta)
        splits = case.data.encode(case.table, split, meta)
        assert_equal(splits, case.splits)
        write_splits(case.folder / "once", case.splits)
        write_splits(case.folder / "twice", splits)
        assert sha256_of(case.folder / "once") == sha256_of(case.folder / "twice")

    def test_nothing_is_learnt_from_rows_that_are_not_for_training(self, case: SimpleNamespace) -> None:
        """Replace every held-out row by the first of its split: the encoding must not change."""
        split = case.data.assign_splits(case.table)
        rows = np.arange(len(split))
        for name in {*split} - {"train"}:
            rows[split == name] = np.flatnonzero(split == name)[0]
        changed = case.table.iloc[rows].reset_index(drop=True)
        assert case.data.fit_encoding(changed, split) == case.meta

    def test_no_test_row_shares_a_key_with_the_rows_that_a_model_is_fitted_to(
        self, case: SimpleNamespace
    ) -> None:
        assert set(fitted_keys(case.splits)).isdisjoint(case.splits["test"].ragged(KEYS).values)
        assert with_known_key(case.splits["train"], fitted_keys(case.splits)).mean() > 0.9

    def test_rows_that_are_added_bring_no_fitted_row_into_the_test_split(self, case: SimpleNamespace) -> None:
        fewer = case.table.iloc[: round(0.95 * len(case.table))].reset_index(drop=True)
        before, _ = case.data.split_and_encode(fewer)
        assert not with_known_key(case.splits["test"], fitted_keys(before)).any()

    @pytest.fixture(scope="class")
    def other(self, case: SimpleNamespace) -> SimpleNamespace:
        """Encode the same rows with an encoding fitted without the first quarter of the training rows."""
        split = case.data.assign_splits(case.table)
        training = np.flatnonzero(split == "train")
        kept = np.setdiff1d(np.arange(len(split)), training[: len(training) // 4])
        meta = case.data.fit_encoding(case.table.iloc[kept].reset_index(drop=True), split[kept])
        return SimpleNamespace(splits=case.data.encode(case.table, split, meta), meta=meta)

    def test_an_encoding_fitted_to_other_rows_selects_the_same_rows(
        self, case: SimpleNamespace, other: SimpleNamespace
    ) -> None:
        assert other.meta != case.meta
        for name, split in case.splits.items():
            assert len(other.splits[name]) == len(split)
            assert set(other.splits[name].columns) == set(split.columns)

    def test_a_model_of_another_table_is_scored_on_the_current_rows(
        self, case: SimpleNamespace, other: SimpleNamespace
    ) -> None:
        """Score an old champion on the current rows with its own encoding and model."""
        network, model = fitted(case.task, other.splits, other.meta, steps=0)
        predicted = network.predict(model, some(other.splits["test"]), other.meta)
        scores = {
            s.name: s for s in case.task.metrics().score(predicted, some(case.splits["test"]), case.meta)
        }
        assert len(scores[case.task.metrics().goal.metric].statistics) == len(predicted) == 5

    def test_the_model_card_has_intended_use_and_limits(self, case: SimpleNamespace) -> None:
        for text in (case.task.endpoint().intended_use, case.task.endpoint().limits):
            assert text.endswith(".")
            assert 40 < len(text) < 400
        assert case.task.endpoint().intended_use != case.task.endpoint().limits

    def test_meta_is_plain_json(self, case: SimpleNamespace) -> None:
        assert json.loads(json.dumps(case.meta, allow_nan=False)) == case.meta

    def test_baselines_predict_every_test_row_and_one_of_them_is_trivial(self, case: SimpleNamespace) -> None:
        test = case.splits["test"]
        kind = case.task.section["model"].get("kind", "")
        baselines = case.task.evaluation().baselines(
            {**case.splits, "train": some(case.splits["train"], 400)}, case.meta, kind
        )
        assert "trivial" in {b.kind for b in baselines}
        assert not kind or kind not in {b.model_kind for b in baselines}
        for baseline in baselines:
            assert not baseline.failure
            assert len(baseline.predicted) == len(test)
            scores = {s.name: s for s in case.task.metrics().score(baseline.predicted, test, case.meta)}
            goal = scores[case.task.metrics().goal.metric]
            assert np.isfinite(goal.point())
            assert len(goal.statistics) == len(test)
            assert goal.higher_is_better == case.task.metrics().goal.higher_is_better
            assert all(s.signature for s in scores.values())

    def test_slices_are_masks_over_the_test_rows(self, case: SimpleNamespace) -> None:
        for mask in case.task.evaluation().slices(case.splits["test"], case.meta).values():
            assert mask.dtype == bool
            assert mask.shape == (len(case.splits["test"]),)

    def test_lengths_and_batches_agree_with_the_rows(
        self, case: SimpleNamespace, built: SimpleNamespace, network: Network
    ) -> None:
        split = some(case.splits["train"], 7)
        assert network.lengths(split).shape == (len(split),)
        loss = built.model.train_on_batch(*network.batch(split, case.meta), return_dict=True)["loss"]
        assert np.isfinite(loss)

    def test_predictions_are_a_table_that_scores_shows_and_survives_parquet(
        self, case: SimpleNamespace, built: SimpleNamespace
    ) -> None:
        split = some(case.splits["test"])
        predicted = built.predict(split)
        assert len(predicted) == len(split)
        write_table(case.folder / "predictions.parquet", predicted)
        again = read_table(case.folder / "predictions.parquet")
        ours = {s.name: s.point() for s in case.task.metrics().score(predicted, split, case.meta)}
        theirs = {s.name: s.point() for s in case.task.metrics().score(again, split, case.meta)}
        assert case.task.metrics().goal.metric in ours
        np.testing.assert_equal(ours, theirs)
        assert len(case.task.evaluation().examples(predicted, split, case.meta)) == len(split)

    def test_the_report_can_show_training_rows(self, case: SimpleNamespace) -> None:
        shown = case.task.evaluation().rows(some(case.splits["train"], 3), case.meta)
        assert len(shown) == 3 or not len(shown.columns)

    def test_padding_changes_no_prediction(self, case: SimpleNamespace, built: SimpleNamespace) -> None:
        split = some(case.splits["test"], 4)
        together = built.predict(split)
        each = [built.predict(split.take(np.array([i]))) for i in range(len(split))]
        alone = pd.concat(each, ignore_index=True)
        for column in together.columns:
            for ours, theirs in zip(together[column], alone[column], strict=True):
                assert_close(ours, theirs)

    def test_the_initial_model_is_scored(self, case: SimpleNamespace, network: Network) -> None:
        split, metrics = some(case.splits["validation"]), case.task.metrics()
        predicted = network.validate(network.build(case.meta), split, case.meta)
        scores = metrics.score(predicted, split, case.meta)
        goal = named(scores, metrics.goal.metric)
        assert np.isfinite(goal.point())
        gain = TrainingGain.measure(goal, goal, 1, True, 1)
        assert gain.outcome(0.05) == "not improved"

    def test_a_score_of_several_seeds_has_an_interval_or_a_reason(
        self, case: SimpleNamespace, built: SimpleNamespace, network: Network
    ) -> None:
        """Score the trained model, and an initial one as a repeat, on the same test rows."""
        split, metrics = some(case.splits["test"], 40), case.task.metrics()
        initial = network.predict(network.build(case.meta), split, case.meta)
        predicted = {0: built.predict(split), 1: initial}
        found = over_seeds(metrics, predicted, split, case.meta)
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        assert found["seeds"] == [0, 1]
        for number, rows in enumerate(predicted.values()):
            for score in metrics.score(rows, split, case.meta):
                assert found["scores"][score.name]["values"][number] == rounded(score.point())
        for score in found["scores"].values():
            assert (score["low"] is None) == bool(score.get("reason"))
            if score["low"] is not None:
                assert score["low"] <= score["value"] <= score["high"]

    def test_a_raw_input_becomes_a_record(self, case: SimpleNamespace, built: SimpleNamespace) -> None:
        inputs = [case.task.endpoint().example(case.meta)] * 2
        predicted = built.predict(case.task.endpoint().parse(inputs, case.meta))
        records = case.task.endpoint().respond(predicted, inputs, case.meta)
        assert len(records) == 2
        assert records[0] == records[1]
        assert json.loads(json.dumps(records, ensure_ascii=False)) == records

    def test_plots_name_columns_that_their_tables_have(
        self, case: SimpleNamespace, built: SimpleNamespace
    ) -> None:
        split = case.splits["test"]
        for plot in case.task.evaluation().plots(built.predict(split), split, case.meta):
            assert {plot.x, *plot.y, *(plot.band or ())} <= set(plot.table.columns)


def fitted(task: Task, splits: dict[str, Split], meta: Meta, steps: int) -> tuple[Model, Any]:
    """Train a network for a few steps, fit a classical model to few rows, or both; return model and fit."""
    model, few = task.network(), {**splits, "train": some(splits["train"], 400)}
    if isinstance(model, ClassicalModel):
        return model, model.fit(task.metrics(), few, meta)
    if isinstance(model, Mixture):
        return model, model.mix(trained(model.network, splits, meta, steps), task.metrics(), few, meta)
    return model, trained(model, splits, meta, steps)


def trained(network: Network, splits: dict[str, Split], meta: Meta, steps: int) -> Any:
    """Train a network for a few steps on the same rows."""
    import keras

    keras.utils.set_random_seed(0)
    model = network.build(meta, keras.optimizers.Adam(0.01))
    for _ in range(steps):
        model.train_on_batch(*network.batch(some(splits["train"], 7), meta))
    return model
