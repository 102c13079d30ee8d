"""A year of unattended weeks: a growing source with drift, a bad batch and a worse candidate.

Every week `seqops retrain` looks for drift; every eighth week new rows also trigger it.
"""

import re

import pytest

from reviews import BAD_BATCH, DRIFT, WEEKS, WORSE, Reviews
from seqops.core.files import read_json
from seqops.core.project import Project
from seqops.registry import versions
from seqops.retraining.history import RetrainingHistory
from seqops.tracking import connection

pytestmark = pytest.mark.faults

PROMOTED, KEPT, NOTHING, REFUSED = 0, 10, 11, 12


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """Run the weeks one after the other; return the project, the exit codes, and the messages."""
    project = Reviews(tmp_path_factory.mktemp("year") / "project")
    ended = []
    for week in range(WEEKS):
        project.write(week)
        ended.append(project.retrain("drift", *(["new-data"] if week % 8 == 0 else [])))
    return Project(project.root), *zip(*ended, strict=True)


def test_no_week_fails(year):
    _, codes, messages = year
    known = (PROMOTED, KEPT, NOTHING, REFUSED)
    assert [(week, messages[week][-2000:]) for week, code in enumerate(codes) if code not in known] == []
    assert not any("Traceback" in message for message in messages)


def test_drift_triggers_a_retraining_and_its_model_is_promoted(year):
    _, codes, messages = year
    assert codes[DRIFT] == PROMOTED
    assert re.search(r"; due: drift in .*infrequent words", messages[DRIFT])
    assert codes[DRIFT + 1] == NOTHING


def test_the_bad_batch_is_quarantined_and_later_data_accepted(year):
    store, codes, _ = year
    assert [week for week, code in enumerate(codes) if code == REFUSED] == [BAD_BATCH]
    (quarantine,) = (store.task_paths("sentiment").path / "quarantine").iterdir()
    assert "perhaps" in read_json(quarantine / "reasons.json")["reasons"][0]
    assert codes[32] in (PROMOTED, KEPT)


def test_the_worse_candidate_is_not_promoted(year):
    assert year[1][WORSE] == KEPT


def test_in_quiet_weeks_nothing_is_retrained(year):
    quiet = [code for week, code in enumerate(year[1]) if week % 8 and week not in (DRIFT, BAD_BATCH)]
    assert quiet == [NOTHING] * len(quiet)


def test_every_week_is_in_the_history(year):
    store, ended, _ = year
    codes = {"promoted": PROMOTED, "kept": KEPT, "nothing": NOTHING, "refused": REFUSED}
    entries = [
        entry
        for entry in RetrainingHistory(store, "sentiment").journal.entries()
        if entry["stage"] == "ended"
    ]
    assert [codes[entry["outcome"]] for entry in entries] == list(ended)
    client = connection.connect(store)
    last = [entry["champion"] for entry in entries if entry["outcome"] in ("promoted", "kept")][-1]
    assert versions.get_alias(client, "sentiment-classifier-reviews", "champion") == last
