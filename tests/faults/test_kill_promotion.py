"""kill -9 at random moments of publishing, promoting by hand and rolling back: a repeat completes it."""

import random
import shutil
import time
from pathlib import Path

import pytest
from warm import Moment, play

from realm import BETTER, GOOD, founded, stub_bundle
from seqops.evaluation.evaluate import BootstrapConfig
from seqops.registry import publish, versions
from seqops.registry.champion import Decision
from seqops.registry.promotion_rule import PromotionRule
from seqops.runtime.journal import Journal

MODEL = "killed"
KILLS = {"publish": 16, "promote": 14, "rollback": 14}


def act(root, what):
    """Do one thing in a realm that stands in a folder, as a person would repeat it."""
    publish.log_bundle = stub_bundle
    realm = founded(Path(root), MODEL)
    if what == "publish":
        realm.publish()
    elif what == "promote":
        if realm.succession.recover() is None and realm.champion != "2":
            realm.succession.promote(Decision("promoted", "2", "user", "1", "2", "by hand"))
    elif realm.champion == "2" or realm.lines()[-1][0] != "rolled back":
        realm.succession.roll_back()


def prepare(root, what):
    """Bring a realm to where the act begins."""
    publish.log_bundle = stub_bundle
    realm = founded(Path(root), MODEL)
    realm.make(GOOD)
    realm.write(BETTER)
    if what == "rollback":
        realm.publish()
    elif what == "promote":
        # registered, and kept from being champion by a level that nothing reaches
        realm.publish(PromotionRule(BootstrapConfig(400, 0, 1e-9), slice_alpha=0.05, unscorable="keep"))


def look(root, seen):
    """Write down all that may be seen of the model and its record, less times and names of runs."""
    realm = founded(Path(root), MODEL)
    found = [
        (v.version, sorted(v.tags.items()), v.description)
        for v in versions.versions(realm.client, realm.model)
    ]
    lines = [{**e, "time": "", "run_id": ""} for e in Journal.open(realm.store).entries()]
    Path(seen).write_text(repr((found, realm.champion, realm.challenger, lines)))


def done(root, function, *arguments):
    played = play(root, function, str(root), *arguments, environment={"SEQOPS_STATE": f"{root}/.state"})
    assert played.code == 0, played.said
    return played


def state(root):
    done(root, look, f"{root}/seen.txt")
    return (root / "seen.txt").read_text()


@pytest.mark.parametrize("what", KILLS)
def test_a_decision_killed_at_random_moments_is_completed_once(tmp_path, what, some, figures):
    root, before = tmp_path / "realm", tmp_path / "before"
    root.mkdir()
    done(root, prepare, what)
    shutil.copytree(root, before)
    played = done(root, act, what)
    undisturbed = state(root)
    drawn, kills, late, recovery = random.Random(what), 0, 0, []
    while kills < some(KILLS[what]):
        shutil.rmtree(root)
        shutil.copytree(before, root)
        moment = Moment(seconds=drawn.uniform(0, played.seconds))
        if kills % 2:
            moment = Moment(change=drawn.randint(1, played.changes))
        killed = play(root, act, str(root), what, moment=moment)
        assert killed.killed or killed.code == 0, killed.said
        kills, late = kills + killed.killed, late + (not killed.killed)
        started = time.monotonic()
        done(root, act, what)
        recovery.append(time.monotonic() - started)
        assert state(root) == undisturbed, moment
    seconds = {"undisturbed s": round(played.seconds, 1)}
    mean = {"mean s to recover": round(sum(recovery) / len(recovery), 1)}
    counted = {"kills": kills, "came too late": late, "recovered": len(recovery)}
    figures("kill -9", what, **counted, **seconds, **mean)
