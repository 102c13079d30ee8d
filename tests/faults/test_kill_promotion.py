"""kill -9 at random moments of publishing, promotion, rollback and moving: a repeat completes it."""

import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from killed_child import Moment, run_in_child

from seqops.evaluation.evaluate import BootstrapConfig
from seqops.registry import moving, publish, versions
from seqops.registry.champion import Decision
from seqops.runtime.journal import Journal
from toy_registry import BETTER, GOOD, RULE, create_toy_registry, stub_bundle

MODEL = "killed"
KILLS = {"publish": 16, "promote": 14, "rollback": 14, "move": 14}


def act(root, what):
    """Publish, promote, roll back or move in an existing project, as a user would repeat the command."""
    publish.log_bundle = stub_bundle
    toy = create_toy_registry(Path(root), MODEL)
    if what == "publish":
        toy.publish()
    elif what == "promote":
        if toy.champion_alias.recover() is None and toy.champion != "2":
            toy.champion_alias.promote(Decision("promoted", "2", "user", "1", "2", "by hand"))
    elif what == "move":
        # without a name of its own, the model is named after its data
        del toy.task.section["registry"]
        moving.move(toy.project, toy.client, toy.task)
    elif toy.champion == "2" or toy.decisions()[-1][0] != "rolled back":
        toy.champion_alias.roll_back()


def prepare(root, what):
    """Create a project in the state before the act."""
    publish.log_bundle = stub_bundle
    toy = create_toy_registry(Path(root), MODEL)
    toy.make(GOOD)
    toy.write(BETTER)
    if what in ("rollback", "move"):
        toy.publish()
    elif what == "promote":
        # registered, but not promoted: no p-value is below this alpha
        toy.publish(replace(RULE, bootstrap=BootstrapConfig(400, 0, 1e-9)))


def write_state(root, path):
    """Write everything visible of the model, under either name, and its journal: no times, no run ids."""
    toy = create_toy_registry(Path(root), MODEL)
    names, aliases = (MODEL, f"{MODEL}-sample"), (versions.CHAMPION, versions.CHALLENGER)
    listed = [v for name in names for v in versions.versions(toy.client, name)]
    found = [(v.name, v.version, sorted(v.tags.items()), v.description) for v in listed]
    holders = [versions.get_alias(toy.client, name, alias) for name in names for alias in aliases]
    lines = [{**e, "time": "", "run_id": ""} for e in Journal.open(toy.project).entries()]
    Path(path).write_text(repr((found, holders, lines)))


def run(root, function, *arguments):
    environment = {"SEQOPS_STATE": f"{root}/.state"}
    result = run_in_child(root, function, str(root), *arguments, environment=environment)
    assert result.code == 0, result.output
    return result


def state(root):
    run(root, write_state, f"{root}/state.txt")
    return (root / "state.txt").read_text()


@pytest.mark.parametrize("what", KILLS)
def test_a_decision_killed_at_random_moments_is_completed_once(tmp_path, what, scaled, figures):
    root, before = tmp_path / "project", tmp_path / "before"
    root.mkdir()
    run(root, prepare, what)
    shutil.copytree(root, before)
    result = run(root, act, what)
    undisturbed = state(root)
    rng, kills, late, recovery = random.Random(what), 0, 0, []
    while kills < scaled(KILLS[what]):
        shutil.rmtree(root)
        shutil.copytree(before, root)
        moment = Moment(seconds=rng.uniform(0, result.seconds))
        if kills % 2:
            moment = Moment(change=rng.randint(1, result.changes))
        killed = run_in_child(root, act, str(root), what, moment=moment)
        assert killed.killed or killed.code == 0, killed.output
        kills, late = kills + killed.killed, late + (not killed.killed)
        started = time.monotonic()
        run(root, act, what)
        recovery.append(time.monotonic() - started)
        assert state(root) == undisturbed, moment
    seconds = {"undisturbed s": round(result.seconds, 1)}
    mean = {"mean s to recover": round(sum(recovery) / len(recovery), 1)}
    counted = {"kills": kills, "came too late": late, "recovered": len(recovery)}
    figures("kill -9", what, **counted, **seconds, **mean)
