"""kill -9 at random moments of every stage: no output is half-written, and the next run completes it."""

import random
import time

import mlflow
import pytest
from killed_child import Moment
from small_project import Snapshots, hashes, outputs, run

# name: (kills, kills in a row before a run may finish)
KILLS = {
    "download": (24, 2),
    "validate": (30, 2),
    "preprocess": (30, 2),
    "train": (24, 2),
    "repeat": (24, 3),
    "evaluate": (20, 2),
}


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    return Snapshots(tmp_path_factory.mktemp("kills"))


def moments(seed, result):
    """Draw moments of a run, alternately by time and by change of a file."""
    rng = random.Random(seed)
    while True:
        yield Moment(seconds=rng.uniform(0, result.seconds))
        yield Moment(change=rng.randint(1, result.changes))


@pytest.mark.parametrize("name", KILLS)
def test_a_stage_killed_at_random_moments_ends_as_one_never_killed(snapshots, name, scaled, figures):
    n_kills, in_a_row = scaled(KILLS[name][0]), KILLS[name][1]
    undisturbed, earlier = snapshots.undisturbed[name], snapshots.earlier[name]
    assert undisturbed != earlier or name == "download"
    kills = finished = runs = 0
    recovery = []
    rng = moments(name, snapshots.results[name])
    while kills < n_kills:
        snapshots.restore(name)
        for moment in (next(rng) for _ in range(min(in_a_row, n_kills - kills))):
            killed = run(snapshots.root, name, moment=moment)
            assert killed.killed or killed.code == 0, f"{moment}\n{killed.output}"
            kills, finished = kills + killed.killed, finished + (not killed.killed)
            check_outputs(snapshots, name, moment)
        started = time.monotonic()
        again = run(snapshots.root, name)
        recovery.append(time.monotonic() - started)
        runs += 1
        assert again.code == 0, again.output
        assert hashes(snapshots.root, name) == undisturbed
        if name in ("train", "repeat"):
            check_tracking(snapshots)
    seconds = {"undisturbed s": round(snapshots.results[name].seconds, 1)}
    mean = round(sum(recovery) / runs, 1)
    figures(
        "kill -9",
        name,
        kills=kills,
        **{"came too late": finished, "recovered": runs},
        **seconds,
        **{"mean s to recover": mean},
    )


def check_outputs(snapshots, name, moment):
    """Check that every declared output equals the earlier or the new one, byte for byte."""
    allowed = [snapshots.earlier[name], snapshots.undisturbed[name]]
    for path, found in hashes(snapshots.root, name).items():
        if not path.rpartition("/")[2].startswith("."):
            assert found in [known.get(path) for known in allowed], f"{path} is half-written after {moment}"
    assert all(path.parent.is_dir() for path in outputs(snapshots.root, name))


def check_tracking(snapshots):
    """Check that the tracking store has each epoch once, and that no run is left running."""
    client = mlflow.MlflowClient(f"sqlite:///{snapshots.root / '.state' / 'mlflow' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(snapshots.task.name)
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    points = client.get_metric_history(runs[0].info.run_id, "train/loss")
    assert {point.step for point in points} == set(range(1, snapshots.task.fit_config.epochs + 1))
