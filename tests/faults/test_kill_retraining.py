"""kill -9 at random moments of a retraining, its `dvc` and its stages: the next one completes it, once."""

import os
import random
import shutil
import signal
import time

import pytest
from killed_child import run_in_child
from small_project import restore

from reviews import Reviews
from seqops.core.files import sha256_of
from seqops.core.project import Project
from seqops.registry import versions
from seqops.registry.tags import tags_of
from seqops.retraining.history import RetrainingHistory
from seqops.tracking import connection

TASK, MODEL, KILLS = "sentiment", "sentiment-classifier-reviews", 10
NOTHING = 11


def write_state(root, name):
    """Write everything visible of the data, the models and the history, without times."""
    project = Project(root)
    client = connection.connect(project)
    models = [(v.version, tags_of(v)["seqops.decision"]) for v in versions.versions(client, MODEL)]
    entries = [
        entry for entry in RetrainingHistory(project, TASK).journal.entries() if entry["stage"] == "ended"
    ]
    # if it was killed while its end was recorded, the next one has nothing to do
    done = [entry for entry in entries if entry["outcome"] != "nothing"]
    results = [(entry["outcome"], entry["champion"], entry["data_after"]) for entry in done]
    paths = sorted(path for path in project.task_paths(TASK).path.iterdir() if path.name[0] != ".")
    files = {path.name: sha256_of(path) for path in paths}
    champion = versions.get_alias(client, MODEL, "champion")
    (project.root / name).write_text(repr((models, champion, results, files)))


def state(project):
    result = run_in_child(project.root, write_state, project.root, "state.txt")
    assert result.code == 0, result.output
    return (project.root / "state.txt").read_text()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a champion, whose source has grown."""
    reviews = Reviews(tmp_path_factory.mktemp("retraining") / "project")
    reviews.write(0)
    code, messages = reviews.retrain("new-data")
    assert code == 0, messages
    reviews.write(8)
    shutil.copytree(reviews.root, reviews.root.parent / "before")
    return reviews


def test_a_retraining_killed_at_random_moments_is_completed_once(project, scaled, figures):
    began = time.monotonic()
    expected, messages = project.retrain("new-data")
    seconds = time.monotonic() - began
    assert expected in (0, 10), messages
    undisturbed = state(project)
    rng, kills, late, recovery = random.Random("retraining"), 0, 0, []
    while kills < scaled(KILLS):
        restore(project.root.parent / "before", project.root)
        process, moment = project.start("new-data"), rng.uniform(1, seconds)
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        kills, late = kills + (process.returncode < 0), late + (process.returncode >= 0)
        began = time.monotonic()
        code, messages = project.retrain("new-data")
        recovery.append(time.monotonic() - began)
        assert code in (expected, NOTHING), f"after {moment:.1f} s:\n{messages}"
        assert state(project) == undisturbed, f"after {moment:.1f} s"
    mean = {"mean s to recover": round(sum(recovery) / len(recovery), 1)}
    counted = {"kills": kills, "came too late": late, "recovered": len(recovery)}
    figures("kill -9", "retraining", **counted, **{"undisturbed s": round(seconds, 1)}, **mean)
