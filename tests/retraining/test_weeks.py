"""A year of weeks, unattended: a growing source with a drift, a bad batch and a worse candidate in it.

Every week `seqops retrain` looks for drift; every eighth week new rows are enough.
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
    """Run the weeks one after the other; return the project, the exit codes, and what was said."""
    project = Reviews(tmp_path_factory.mktemp("year") / "project")
    ended = []
    for week in range(WEEKS):
        project.write(week)
        ended.append(project.retrain("drift", *(["new-data"] if week % 8 == 0 else [])))
    return Project(project.root), *zip(*ended, strict=True)


def test_no_week_fails(year):
    _, codes, said = year
    known = (PROMOTED, KEPT, NOTHING, REFUSED)
    assert [(week, said[week][-2000:]) for week, code in enumerate(codes) if code not in known] == []
    assert not any("Traceback" in words for words in said)


def test_the_drift_triggers_and_its_model_is_promoted(year):
    _, codes, said = year
    assert codes[DRIFT] == PROMOTED
    assert re.search(r"; due: drift in .*infrequent words", said[DRIFT])
    assert codes[DRIFT + 1] == NOTHING


def test_the_bad_batch_is_put_aside_and_what_follows_is_taken(year):
    store, codes, _ = year
    assert [week for week, code in enumerate(codes) if code == REFUSED] == [BAD_BATCH]
    (place,) = (store.task_paths("sentiment").path / "quarantine").iterdir()
    assert "perhaps" in read_json(place / "reasons.json")["reasons"][0]
    assert codes[32] in (PROMOTED, KEPT)


def test_the_worse_candidate_is_kept_out(year):
    assert year[1][WORSE] == KEPT


def test_quiet_weeks_have_nothing_to_do(year):
    quiet = [code for week, code in enumerate(year[1]) if week % 8 and week not in (DRIFT, BAD_BATCH)]
    assert quiet == [NOTHING] * len(quiet)


def test_every_week_stands_in_the_record(year):
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
    assert versions.get_alias(client, "sentiment-classifier", "champion") == last
