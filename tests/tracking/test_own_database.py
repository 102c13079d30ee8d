"""The project's own database follows a moved or copied project, and a damaged one is named."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seqops.core.errors import SeqopsError
from seqops.tracking import own_database
from seqops.tracking.own_database import check, relocate, uri_of

ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


@pytest.fixture
def place(tmp_path):
    """A project at a place, with the columns of MLflow's database that hold addresses."""
    return make(tmp_path / "first place")


def make(folder):
    (folder / "mlflow" / "artifacts" / "toy" / "r1").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "mlflow" / "mlflow.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('1')")
        for table in dict(ADDRESSES):
            columns = [column for name, column in ADDRESSES if name == table]
            database.execute(f"CREATE TABLE {table} (name TEXT, {' TEXT, '.join(columns)} TEXT)")
        base = artifacts(folder).as_uri()
        database.execute("INSERT INTO experiments VALUES ('Default', '/somewhere/mlruns/0')")
        database.execute("INSERT INTO experiments VALUES ('toy', ?)", (f"{base}/toy",))
        database.execute("INSERT INTO experiments VALUES ('far', 's3://bucket/mlflow/artifacts/far')")
        database.execute("INSERT INTO runs VALUES ('r1', ?)", (f"{base}/toy/r1/artifacts",))
        database.execute("INSERT INTO runs VALUES ('near', ?)", (f"{base}-other/toy",))
        database.execute("INSERT INTO logged_models VALUES ('m1', ?)", (f"{base}/toy/models/m-1",))
        database.execute("INSERT INTO model_versions VALUES ('v1', 'models:/m-1', ?)", (f"{base}/toy/m",))
        database.execute("INSERT INTO model_versions VALUES ('v2', ?, NULL)", (f"{base}/toy/model",))
    return folder


def artifacts(folder):
    return folder / "mlflow" / "artifacts"


def database(folder):
    return folder / "mlflow" / "mlflow.db"


def addresses(folder):
    """Return every address, without the place of the project."""
    with closing(sqlite3.connect(database(folder))) as opened:
        rows = [opened.execute(f"SELECT {column} FROM {table}").fetchall() for table, column in ADDRESSES]
    base = artifacts(folder).as_uri()
    return [address.replace(base, "HERE") for found in rows for (address,) in found if address]


HERE = [
    "/somewhere/mlruns/0",
    "HERE/toy",
    "s3://bucket/mlflow/artifacts/far",
    "HERE/toy/r1/artifacts",
    "HERE-other/toy",
    "HERE/toy/models/m-1",
    "models:/m-1",
    "HERE/toy/model",
    "HERE/toy/m",
]


def test_a_database_at_its_own_place_is_not_written(place):
    before = database(place).read_bytes()
    assert relocate(database(place), artifacts(place)) == []
    assert addresses(place) == HERE and database(place).read_bytes() == before


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_every_address_below_the_former_place_moves_and_no_other(place, tmp_path, how):
    former = artifacts(place).as_uri()
    new = tmp_path / "an#other 100" / "place"
    how(place, new)
    assert relocate(database(new), artifacts(new)) == [former]
    assert addresses(new) == [a.replace("HERE-other", f"{former}-other") for a in HERE]
    assert relocate(database(new), artifacts(new)) == []
    if place.exists():
        assert addresses(place) == HERE


def test_all_addresses_change_or_none(place, tmp_path):
    new = tmp_path / "new"
    shutil.move(place, new)
    with closing(sqlite3.connect(database(new))) as opened, opened:
        opened.execute(
            "CREATE TRIGGER stop BEFORE UPDATE ON model_versions BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    before = addresses(new)
    with pytest.raises(sqlite3.Error, match="full"):
        relocate(database(new), artifacts(new))
    assert addresses(new) == before


def test_a_folder_that_a_link_leads_to_is_the_same_place(place, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(place)
    assert relocate(database(link), artifacts(link)) == []


DAMAGES = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "header": lambda content: b"not a database  " + content[16:],
    "text": lambda content: b"a text file\n" * 100,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_database_is_named_with_what_to_do(place, name):
    check(database(place), thoroughly=True)
    database(place).write_bytes(DAMAGES[name](database(place).read_bytes()))
    with pytest.raises(SeqopsError) as raised:
        check(database(place), thoroughly=True)
    assert str(database(place)) in str(raised.value)
    assert "Restore it from a backup" in str(raised.value) and "`seqops publish TASK`" in str(raised.value)


@pytest.mark.parametrize("name", ["my%20project", "100%25", "who?"])
def test_a_path_that_would_be_misread_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(SeqopsError, match="Rename that folder"):
        uri_of(tmp_path / name / "mlflow.db")


def test_other_special_characters_stay(tmp_path):
    path = Path("/a b/한국#&+/mlflow.db")
    assert uri_of(path) == f"sqlite:///{path}"
    assert own_database.MISREAD == "%?"
