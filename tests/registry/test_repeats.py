"""The runs of repeats: nested, found by content, and logged once."""

import mlflow
import pytest
from mlflow.entities import ViewType

from seqops.core.errors import DataError
from seqops.core.files import read_json, sha256_of, write_json
from seqops.core.repeats import repeats_of
from seqops.evaluation.seeds import over_seeds
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint
from toy_registry import BETTER, GOOD, ROWS, predictions


def add_repeats(toy, *correct):
    """Write repeats that are correct on these test rows, and their scores."""
    metrics, truth = read_json(toy.folder.evaluation), toy.folder.encoded()[0]["test"]
    first, hashes = toy.task.fit_config.seed, {}
    predicted = {first: predictions(truth, GOOD)}
    toy.folder.repeats.mkdir(exist_ok=True)
    for seed, rows in enumerate(correct, start=first + 1):
        toy.folder.repeated_weights(seed).write_bytes(repr(sorted(rows)).encode())
        hashes[str(seed)] = sha256_of(toy.folder.repeated_weights(seed))
        predicted[seed] = predictions(truth, rows)
    found = over_seeds(toy.task.metrics(), predicted, truth, {})
    write_json(toy.folder.evaluation, {**metrics, "seeds": {**found, "sha256": hashes}})


def runs(toy):
    """Return the main run, and the repeats by name."""
    experiment = toy.client.get_experiment_by_name(toy.task.name)
    found = toy.client.search_runs([experiment.experiment_id], run_view_type=ViewType.ACTIVE_ONLY)
    [main] = [run for run in found if run.data.tags["seqops.kind"] == "training"]
    repeats = {run.info.run_name: run for run in found if run.data.tags["seqops.kind"] == "repeat"}
    assert len(repeats) == len(found) - 1
    return main, repeats


def points(toy, run, name):
    return len(toy.client.get_metric_history(run.info.run_id, name))


@pytest.fixture
def published(toy):
    toy.write(GOOD)
    add_repeats(toy, BETTER, range(ROWS // 2))
    toy.publish()
    return toy


def test_each_repeat_has_a_nested_run_with_the_scores_of_its_seed(published):
    main, repeats = runs(published)
    assert set(repeats) == {"seed 6", "seed 7"}
    assert main.data.metrics["test/accuracy"] == pytest.approx(0.8)
    assert main.data.metrics["test/accuracy.seeds_mean"] == pytest.approx((0.8 + 1.0 + 0.5) / 3)
    assert main.data.metrics["test/accuracy.seeds_min"] == 0.5
    assert main.data.metrics["test/accuracy.seeds_max"] == 1.0
    assert main.data.metrics["test/accuracy.seeds_sd"] == pytest.approx(0.2516611)
    low, high = (main.data.metrics[f"test/accuracy.seeds_{end}"] for end in ("low", "high"))
    assert low < 0.5 and high > 1.0  # the toy score states no limits
    assert [repeats[name].data.metrics for name in sorted(repeats)] == [
        {"test/accuracy": 1.0},
        {"test/accuracy": 0.5},
    ]
    assert repeats["seed 6"].data.params["fit.seed"] == "6"
    assert {run.data.tags["mlflow.parentRunId"] for run in repeats.values()} == {main.info.run_id}
    groups = {run.data.tags["seqops.seeds_group"] for run in (main, *repeats.values())}
    assert groups == {sha256_of(published.folder.weights)[:16]}


def test_publishing_twice_logs_nothing_twice(published):
    published.publish()
    main, repeats = runs(published)
    assert len(repeats) == 2
    assert points(published, main, "test/accuracy.seeds_mean") == 1
    assert all(points(published, run, "test/accuracy") == 1 for run in repeats.values())


def test_more_seeds_log_only_the_figures_that_change(published):
    add_repeats(published, BETTER, range(ROWS // 2), BETTER)
    published.publish()
    main, repeats = runs(published)
    assert set(repeats) == {"seed 6", "seed 7", "seed 8"}
    assert points(published, main, "test/accuracy") == 1
    assert points(published, main, "test/accuracy.seeds_mean") == 2


def test_in_another_store_the_repeats_are_recorded_again(published):
    published.delete_all()
    published.publish()
    main, repeats = runs(published)
    assert len(repeats) == 2
    assert {run.data.tags["mlflow.parentRunId"] for run in repeats.values()} == {main.info.run_id}


def test_scores_of_other_repeats_are_not_published(published):
    published.folder.repeated_weights(7).write_bytes(b"retrained")
    with pytest.raises(DataError, match="other weights or other data than those on disk"):
        published.publish()


def test_one_seed_has_no_repeats(toy):
    toy.make(GOOD)
    main, repeats = runs(toy)
    assert repeats == {}
    assert mlflow_runs.GROUP not in main.data.tags
    assert [name for name in main.data.metrics if "seeds" in name] == []


def test_a_training_run_of_the_seed_of_a_repeat_is_another_run(published):
    _, repeats = runs(published)
    [task, _] = repeats_of(published.task, 3)
    fingerprint = Fingerprint.compute(published.project, task)
    found = mlflow_runs.find_training_run(
        published.project, task, fingerprint, sha256_of(published.folder.repeated_weights(6))
    )
    assert found.run_id not in {run.info.run_id for run in repeats.values()}


def test_a_fit_that_is_only_repeated_from_its_checkpoint_keeps_its_run(toy):
    toy.write(GOOD)
    fingerprint = Fingerprint.compute(toy.project, toy.task)
    with mlflow_runs.open_training_run(toy.project, toy.task, fingerprint) as first:
        assert not first.complete
    with mlflow_runs.open_training_run(toy.project, toy.task, fingerprint, resumed=True) as again:
        assert (again.run_id, again.complete) == (first.run_id, True)
    with mlflow_runs.open_training_run(toy.project, toy.task, fingerprint) as anew:
        assert anew.run_id != first.run_id
    assert mlflow.MlflowClient().get_run(first.run_id).info.status == "FINISHED"
