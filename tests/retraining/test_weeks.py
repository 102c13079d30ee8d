"""A year of weeks, unattended: a growing source with a drift, a bad batch and a worse candidate in it.

Every week `seqops retrain` looks for drift; every eighth week new rows are enough.
"""

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from checkout import project
from seqops.blocks import registry, track
from seqops.retraining.audit import Audit
from seqops.store import Store, read_json

pytestmark = pytest.mark.faults

WEEKS = 52
DRIFT, BAD_BATCH, WORSE = 19, 29, 40
PROMOTED, KEPT, NOTHING, REFUSED = 0, 10, 11, 12
SAID = {
    True: ["good", "great", "lovely", "superb", "fine", "charming", "clever", "moving", "fresh", "warm"],
    False: ["bad", "dull", "awful", "poor", "boring", "weak", "clumsy", "stale", "cold", "flat"],
}
SLANG = {True: ["lit", "fire", "based", "goated", "slaps"], False: ["mid", "cringe", "sus", "trash", "flop"]}
STUFF = ["the", "film", "plot", "cast", "story", "music", "scene", "actor", "end", "camera", "script"]


def reviews(week, now):
    """Invent the reviews of a week as they stand in another: (text, label).

    Labels of a worse candidate's week are thrown, and put right the week after.
    """
    draw = random.Random(week)
    words = SLANG if week >= DRIFT else SAID
    for number in range({0: 600, DRIFT: 600, WORSE: 400}.get(week, 40)):
        good = draw.random() < 0.5
        told = [draw.choice(words[good if draw.random() < 0.85 else not good]) for _ in range(3)]
        text = draw.sample(STUFF, 6) + told
        draw.shuffle(text)
        label = draw.random() < 0.5 if week == now == WORSE else good
        yield f"{' '.join(text)} {week}x{number}", "positive" if label else "negative"


def lines(week):
    """List what the source holds in a week."""
    rows = [row for past in range(week + 1) for row in reviews(past, week)]
    bad = ["this one has no label known to anybody,perhaps"] if week == BAD_BATCH else []
    return ["text,label", *(f"{text},{label}" for text, label in rows), *bad]


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """Run the weeks one after the other; return the project and the exit code of each."""
    root = project(tmp_path_factory.mktemp("year") / "project")
    shutil.copytree(Path(__file__).parents[2] / "src", root / "src")
    source = root.parent / "reviews.csv"
    yaml = YAML()
    document = yaml.load(root / "params.yaml")
    task = document["tasks"]["sentiment"]
    task["source"] = str(source)
    task["data"].update(text="text", label="label", group="")
    task["model"].update(kind="bow", units=16)
    task["fit"].update(epochs=3, patience=3)
    yaml.dump(document, root / "params.yaml")
    environment = {k: v for k, v in os.environ.items() if k not in ("MLFLOW_TRACKING_URI", "SEQOPS_ROOT")}
    run = {"cwd": root, "env": environment, "check": False, "capture_output": True, "text": True}
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], **{**run, "check": True})
    ended = []
    for week in range(WEEKS):
        source.write_text("\n".join(lines(week)) + "\n")
        due = ["--if", "drift", *(["--if", "new-data"] if week % 8 == 0 else [])]
        ended.append(subprocess.run([sys.executable, "-m", "seqops", "retrain", "sentiment", *due], **run))
    return Store(root), ended


def test_no_week_fails(year):
    failed = [
        (week, done.stderr[-2000:])
        for week, done in enumerate(year[1])
        if done.returncode not in (PROMOTED, KEPT, NOTHING, REFUSED)
    ]
    assert failed == []
    assert not any("Traceback" in done.stderr for done in year[1])


def test_the_drift_triggers_and_its_model_is_promoted(year):
    done = year[1][DRIFT]
    assert done.returncode == PROMOTED
    assert re.search(r"; due: drift in .*infrequent words", done.stderr)
    assert year[1][DRIFT + 1].returncode == NOTHING


def test_the_bad_batch_is_put_aside_and_what_follows_is_taken(year):
    store, ended = year
    assert [done.returncode == REFUSED for done in ended].index(True) == BAD_BATCH
    assert sum(done.returncode == REFUSED for done in ended) == 1
    (place,) = (store.folder("sentiment").path / "quarantine").iterdir()
    assert "perhaps" in read_json(place / "reasons.json")["reasons"][0]
    assert ended[32].returncode in (PROMOTED, KEPT)


def test_the_worse_candidate_is_kept_out(year):
    assert year[1][WORSE].returncode == KEPT


def test_quiet_weeks_have_nothing_to_do(year):
    codes = [done.returncode for done in year[1]]
    quiet = [code for week, code in enumerate(codes) if week % 8 and week not in (DRIFT, BAD_BATCH)]
    assert quiet == [NOTHING] * len(quiet)


def test_every_week_stands_in_the_record(year):
    store, ended = year
    codes = {"promoted": PROMOTED, "kept": KEPT, "nothing": NOTHING, "refused": REFUSED}
    entries = [entry for entry in Audit(store, "sentiment").ledger.entries() if entry["stage"] == "ended"]
    assert [codes[entry["outcome"]] for entry in entries] == [done.returncode for done in ended]
    client = track.connect(store)
    last = [entry["champion"] for entry in entries if entry["outcome"] in ("promoted", "kept")][-1]
    assert registry.holder(client, "sentiment-classifier", "champion") == last
