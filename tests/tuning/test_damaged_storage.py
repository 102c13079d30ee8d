"""A damaged database of studies is named with what to do."""

import sqlite3
from contextlib import closing

import pytest
from optuna.samplers import RandomSampler

from seqops.core.errors import SeqopsError
from seqops.core.records import Goal
from seqops.tuning.study import open_study


def opened(path):
    return open_study(f"sqlite:///{path}", "toy", Goal("f1", True), RandomSampler(seed=0))


def altered(path, statement):
    opened(path).optimize(lambda trial: 0.3, n_trials=1)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial_values SET value_type = 'FMNITE'",
        "UPDATE trials SET state = 'FMNISHED'",
    ],
)
def test_a_value_that_optuna_cannot_read_is_named_with_what_to_do(tmp_path, statement):
    path = tmp_path / "studies.db"
    altered(path, statement)
    fix = r"Restore studies\.db from a backup, or move it away: its studies then begin again\.$"
    with pytest.raises(
        SeqopsError, match=rf"^the storage of the study, sqlite:///\S+studies\.db, failed: .*{fix}"
    ):
        opened(path)


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path):
    (tmp_path / "studies.db").write_bytes(b"no database, but text that is long enough to be one" * 30)
    with pytest.raises(SeqopsError, match=r"file is not a database\. Restore studies\.db from a backup"):
        opened(tmp_path / "studies.db")
