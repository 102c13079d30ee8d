"""Stores that are damaged, old or out of reach are named with what to do; deleted experiments return."""

import shutil
import sqlite3
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import mlflow
import pytest

from http_server import serving
from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.tracking import connection, store_address
from seqops.tracking.mlflow_runs import experiment_of


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    return Project(tmp_path)


@pytest.fixture
def stored(project, tracking_uri):
    """The project's own database, copied from one that MLflow made."""
    mlflow.MlflowClient(tracking_uri)
    path = project.state / "mlflow" / store_address.DATABASE
    path.parent.mkdir(parents=True)
    shutil.copy(tracking_uri.removeprefix("sqlite:///"), path)
    return path


def failure(project):
    with pytest.raises(SeqopsError) as raised:
        connection.connect(project)
    return str(raised.value)


@pytest.mark.parametrize("kept", [0, 3000])
def test_a_truncated_database_of_the_project_is_named_with_the_way_out(project, stored, kept):
    stored.write_bytes(stored.read_bytes()[:kept])
    message = failure(project)
    assert message.startswith(f"the tracking database {stored} is ")
    assert "Restore it from a backup" in message and "unset" not in message


def test_an_old_schema_is_reported_with_the_command_that_upgrades_it(project, stored):
    with closing(sqlite3.connect(stored)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'bd07f7e963c5'")
    message = failure(project)
    assert f"`mlflow db upgrade 'sqlite:///{stored}'`" in message and "unset" not in message


def test_a_deleted_experiment_is_restored(project, stored):
    client = connection.connect(project)
    made = experiment_of(client, project, "toy-deleted")
    client.delete_experiment(made)
    assert experiment_of(client, project, "toy-deleted") == made
    assert client.get_experiment(made).lifecycle_stage == "active"


@pytest.mark.parametrize(
    ("uri", "reason", "remedy"),
    [
        ("mysql://me:hush@127.0.0.1/runs", "MySQLdb", "Install that driver"),
        ("postgresql+psycopg://me:hush@127.0.0.1:9/runs", "connection", "unset MLFLOW_TRACKING_URI"),
        ("postgresql+nothing://me:hush@127.0.0.1/runs", "nothing", "unset MLFLOW_TRACKING_URI"),
    ],
)
def test_a_database_server_that_cannot_be_reached_is_reported_at_once(
    project, monkeypatch, uri, reason, remedy
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    # MLflow would try ten times
    monkeypatch.setattr(mlflow, "MlflowClient", lambda: pytest.fail("MLflow was asked"))
    message = failure(project)
    assert reason in message and remedy in message
    assert "hush" not in message


def test_a_file_that_is_no_database_is_reported_at_once(project, monkeypatch, tmp_path):
    (tmp_path / "mine.db").write_text("not a database" * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mine.db'}")
    assert "file is not a database" in failure(project)


class Hosted(BaseHTTPRequestHandler):
    """A server with tokens and without /health."""

    def do_POST(self):
        known = self.headers.get("Authorization") == "Bearer of-mine"
        found = known and self.path == "/api/2.0/mlflow/experiments/search"
        self.send_response(200 if found else 404 if known else 401)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}" if found else b"no")

    do_GET = do_POST  # noqa: N815

    def log_message(self, *arguments):
        """Keep the test output clean."""


def test_a_server_is_reached_with_the_credentials_of_mlflow_and_without_health(project, monkeypatch):
    with serving(Hosted) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.origin)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "of-mine")
        connection.connect(project)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "of-nobody")
        assert "rejected the user name or password" in failure(project)


def test_a_project_below_a_misread_folder_is_refused_and_nothing_is_written_beside_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    (tmp_path / "my%20project").mkdir()
    assert "Rename that folder" in failure(Project(tmp_path / "my%20project"))
    assert [path.name for path in Path(tmp_path).rglob("*")] == ["my%20project"]
