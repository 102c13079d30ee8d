"""kill -9 at random moments of tuning: the study and params.yaml end as if it had never been killed."""

import random
import shutil
import time
from pathlib import Path

import pytest
from killed_child import Moment, run_in_child, stage
from small_project import STAGES, restore

from seqops.core.project import Project
from seqops.tracking import connection
from seqops.tuning.finalists import repeats_of
from seqops.tuning.session import Session, storage_url
from seqops.tuning.trial_numbers import counted
from seqops.tuning.tune import TuneOptions, tune
from tuning_project import TASK, TRIALS, create_project

KILLS, IN_A_ROW = 14, 2


def search(root):
    tune(Project(Path(root)), TASK, TuneOptions(TRIALS))


def write_state(root, path):
    """Write the result of each trial slot of both studies; no run in the tracking store is left running."""
    project = Project(Path(root))
    client = connection.connect(project)
    runs = client.search_runs([client.get_experiment_by_name(TASK).experiment_id])
    assert [run.data.tags for run in runs if run.info.status == "RUNNING"] == []
    session = Session.open(project, TASK, storage_url(project, None))
    found = []
    for study in (session.study, repeats_of(session)):
        trials = sorted((t for t in study.trials if counted(t)), key=lambda t: t.user_attrs["place"])
        found.append([(t.user_attrs["place"], t.params, t.state.name, t.value) for t in trials])
    Path(path).write_text(repr(found))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = create_project(tmp_path_factory.mktemp("tuning") / "project")
    for name in ("download", "validate", "preprocess"):
        assert run_in_child(root, stage, name, STAGES[name], TASK).code == 0
    shutil.copytree(root, root.parent / "before")
    return root


def result_of(root):
    """Return params.yaml and the results of the trials."""
    params = (root / "params.yaml").read_bytes()
    # compare with the values that were searched, before the winner was written
    shutil.copy(root.parent / "before" / "params.yaml", root / "params.yaml")
    result = run_in_child(root, write_state, str(root), f"{root}/state.txt")
    assert result.code == 0, result.output
    return params, (root / "state.txt").read_text()


def test_tuning_killed_at_random_moments_ends_as_if_never_killed(project, scaled, figures):
    result = run_in_child(project, search, str(project))
    assert result.code == 0, result.output
    undisturbed = result_of(project)
    rng, n_kills, kills, late, recovery = random.Random("tuning"), scaled(KILLS), 0, 0, []
    while kills < n_kills:
        restore(project.parent / "before", project)
        for _ in range(min(IN_A_ROW, n_kills - kills)):
            moment = Moment(seconds=rng.uniform(0, result.seconds))
            if kills % 2:
                moment = Moment(change=rng.randint(1, result.changes))
            killed = run_in_child(project, search, str(project), moment=moment)
            assert killed.killed or killed.code == 0, f"{moment}\n{killed.output}"
            kills, late = kills + killed.killed, late + (not killed.killed)
        started = time.monotonic()
        again = run_in_child(project, search, str(project))
        recovery.append(time.monotonic() - started)
        assert again.code == 0, again.output
        assert result_of(project) == undisturbed, moment
    totals = {"kills": kills, "came too late": late, "recovered": len(recovery)}
    seconds = {"undisturbed s": round(result.seconds, 1)}
    mean = {"mean s to recover": round(sum(recovery) / len(recovery), 1)}
    figures("kill -9", "tuning", **totals, **seconds, **mean)
