"""kill -9 at random moments of retraining, its `dvc` and stages with it: the next one completes it, once."""

import os
import random
import shutil
import signal
import time

import pytest
from small import put
from warm import play

from reviews import Reviews
from seqops.core.files import sha256_of
from seqops.core.project import Project
from seqops.registry import versions
from seqops.retraining.history import RetrainingHistory
from seqops.tracking import connection

TASK, MODEL, KILLS = "sentiment", "sentiment-classifier", 10
NOTHING = 11


def look(root, seen):
    """Write down what may be seen of the data, the models and the record, less times."""
    project = Project(root)
    client = connection.connect(project)
    models = [(v.version, v.tags["seqops.decision"]) for v in versions.versions(client, MODEL)]
    entries = [
        entry for entry in RetrainingHistory(project, TASK).journal.entries() if entry["stage"] == "ended"
    ]
    # one that was killed when its end was recorded leaves the next nothing to do
    done = [entry for entry in entries if entry["outcome"] != "nothing"]
    facts = [(entry["outcome"], entry["champion"], entry["data_after"]) for entry in done]
    paths = sorted(path for path in project.task_paths(TASK).path.iterdir() if path.name[0] != ".")
    files = {path.name: sha256_of(path) for path in paths}
    champion = versions.get_alias(client, MODEL, "champion")
    (project.root / seen).write_text(repr((models, champion, facts, files)))


def state(project):
    played = play(project.root, look, project.root, "seen.txt")
    assert played.code == 0, played.said
    return (project.root / "seen.txt").read_text()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a champion, whose source has grown."""
    made = Reviews(tmp_path_factory.mktemp("retraining") / "project")
    made.write(0)
    code, said = made.retrain("new-data")
    assert code == 0, said
    made.write(8)
    shutil.copytree(made.root, made.root.parent / "before")
    return made


def test_a_retraining_killed_at_random_moments_is_completed_once(project, some, figures):
    began = time.monotonic()
    wanted, said = project.retrain("new-data")
    seconds = time.monotonic() - began
    assert wanted in (0, 10), said
    undisturbed = state(project)
    drawn, kills, late, recovery = random.Random("retraining"), 0, 0, []
    while kills < some(KILLS):
        put(project.root.parent / "before", project.root)
        begun, moment = project.start("new-data"), drawn.uniform(1, seconds)
        time.sleep(moment)
        os.killpg(begun.pid, signal.SIGKILL)
        begun.communicate()
        kills, late = kills + (begun.returncode < 0), late + (begun.returncode >= 0)
        began = time.monotonic()
        code, said = project.retrain("new-data")
        recovery.append(time.monotonic() - began)
        assert code in (wanted, NOTHING), f"after {moment:.1f} s:\n{said}"
        assert state(project) == undisturbed, f"after {moment:.1f} s"
    mean = {"mean s to recover": round(sum(recovery) / len(recovery), 1)}
    counted = {"kills": kills, "came too late": late, "recovered": len(recovery)}
    figures("kill -9", "retraining", **counted, **{"undisturbed s": round(seconds, 1)}, **mean)
