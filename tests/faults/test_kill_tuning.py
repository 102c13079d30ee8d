"""kill -9 at random moments of tuning: the study ends as one never killed, and so does params.yaml."""

import random
import shutil
import time
from pathlib import Path

import pytest
from small import STAGES, put
from warm import Moment, play, stage

from seqops.core.project import Project
from seqops.tracking import connection
from seqops.tuning.finalists import repeats_of
from seqops.tuning.session import Session, storage_url
from seqops.tuning.trial_numbers import counted
from seqops.tuning.tune import TuneOptions, tune
from tunable import TASK, TRIALS, tunable

KILLS, IN_A_ROW = 14, 2


def search(root):
    tune(Project(Path(root)), TASK, TuneOptions(TRIALS))


def look(root, seen):
    """Write down what came of each place of both studies; no run of the tracking store goes on."""
    project = Project(Path(root))
    client = connection.connect(project)
    runs = client.search_runs([client.get_experiment_by_name(TASK).experiment_id])
    assert [run.data.tags for run in runs if run.info.status == "RUNNING"] == []
    session = Session.open(project, TASK, storage_url(project, None))
    found = []
    for study in (session.study, repeats_of(session)):
        trials = sorted((t for t in study.trials if counted(t)), key=lambda t: t.user_attrs["place"])
        found.append([(t.user_attrs["place"], t.params, t.state.name, t.value) for t in trials])
    Path(seen).write_text(repr(found))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tunable(tmp_path_factory.mktemp("tuning") / "project")
    for name in ("download", "validate", "preprocess"):
        assert play(root, stage, name, STAGES[name], TASK).code == 0
    shutil.copytree(root, root.parent / "before")
    return root


def ended(root):
    """Return params.yaml and the trials."""
    params = (root / "params.yaml").read_bytes()
    # of the values that were searched, as they were before the winner was written
    shutil.copy(root.parent / "before" / "params.yaml", root / "params.yaml")
    played = play(root, look, str(root), f"{root}/seen.txt")
    assert played.code == 0, played.said
    return params, (root / "seen.txt").read_text()


def test_tuning_killed_at_random_moments_ends_as_if_never_killed(project, some, figures):
    played = play(project, search, str(project))
    assert played.code == 0, played.said
    undisturbed = ended(project)
    drawn, wanted, kills, late, recovery = random.Random("tuning"), some(KILLS), 0, 0, []
    while kills < wanted:
        put(project.parent / "before", project)
        for _ in range(min(IN_A_ROW, wanted - kills)):
            moment = Moment(seconds=drawn.uniform(0, played.seconds))
            if kills % 2:
                moment = Moment(change=drawn.randint(1, played.changes))
            killed = play(project, search, str(project), moment=moment)
            assert killed.killed or killed.code == 0, f"{moment}\n{killed.said}"
            kills, late = kills + killed.killed, late + (not killed.killed)
        started = time.monotonic()
        again = play(project, search, str(project))
        recovery.append(time.monotonic() - started)
        assert again.code == 0, again.said
        assert ended(project) == undisturbed, moment
    counted_ = {"kills": kills, "came too late": late, "recovered": len(recovery)}
    seconds = {"undisturbed s": round(played.seconds, 1)}
    mean = {"mean s to recover": round(sum(recovery) / len(recovery), 1)}
    figures("kill -9", "tuning", **counted_, **seconds, **mean)
