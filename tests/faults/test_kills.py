"""kill -9 at random moments of every stage: what stands is whole, the next run as if nothing happened."""

import random
import time

import mlflow
import pytest
from small import Snapshots, hashes, outputs, run
from warm import Moment

# name: (kills, kills in a row before a run is left in peace)
KILLS = {
    "download": (24, 2),
    "validate": (30, 2),
    "preprocess": (30, 2),
    "train": (24, 2),
    "evaluate": (20, 2),
}


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    return Snapshots(tmp_path_factory.mktemp("kills"))


def moments(seed, played):
    """Draw moments over a run: at a time, and at a change of a file, in turn."""
    drawn = random.Random(seed)
    while True:
        yield Moment(seconds=drawn.uniform(0, played.seconds))
        yield Moment(change=drawn.randint(1, played.changes))


@pytest.mark.parametrize("name", KILLS)
def test_a_stage_killed_at_random_moments_ends_as_one_never_killed(snapshots, name, some, figures):
    wanted, in_a_row = some(KILLS[name][0]), KILLS[name][1]
    undisturbed, former = snapshots.undisturbed[name], snapshots.former[name]
    assert undisturbed != former or name == "download"
    kills = finished = runs = 0
    recovery = []
    drawn = moments(name, snapshots.played[name])
    while kills < wanted:
        snapshots.restore(name)
        for moment in (next(drawn) for _ in range(min(in_a_row, wanted - kills))):
            killed = run(snapshots.root, name, moment=moment)
            assert killed.killed or killed.code == 0, f"{moment}\n{killed.said}"
            kills, finished = kills + killed.killed, finished + (not killed.killed)
            whole(snapshots, name, moment)
        started = time.monotonic()
        again = run(snapshots.root, name)
        recovery.append(time.monotonic() - started)
        runs += 1
        assert again.code == 0, again.said
        assert hashes(snapshots.root, name) == undisturbed
        if name == "train":
            recorded(snapshots)
    seconds = {"undisturbed s": round(snapshots.played[name].seconds, 1)}
    mean = round(sum(recovery) / runs, 1)
    figures(
        "kill -9",
        name,
        kills=kills,
        **{"came too late": finished, "recovered": runs},
        **seconds,
        **{"mean s to recover": mean},
    )


def whole(snapshots, name, moment):
    """Every declared output that stands is the former or the new one, byte for byte."""
    allowed = [snapshots.former[name], snapshots.undisturbed[name]]
    for path, found in hashes(snapshots.root, name).items():
        if not path.rpartition("/")[2].startswith("."):
            assert found in [known.get(path) for known in allowed], f"{path} is half-written after {moment}"
    assert all(path.parent.is_dir() for path in outputs(snapshots.root, name))


def recorded(snapshots):
    """The tracking store holds each epoch's curve, and no run that seems to go on."""
    client = mlflow.MlflowClient(f"sqlite:///{snapshots.root / '.state' / 'mlflow' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(snapshots.task.name)
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    points = client.get_metric_history(runs[0].info.run_id, "train/loss")
    assert {point.step for point in points} == set(range(1, snapshots.task.fit_config.epochs + 1))
