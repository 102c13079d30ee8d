"""The recipe of deploy/mlflow, started as its README says: who is let in, and what the others are told."""

import configparser
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from mlflow.server import get_app_client

from checkout import NAMES
from processes import command_line
from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.tracking import connection

pytest_plugins = ("postgres", "tracking")
pytestmark = pytest.mark.slow
HERE = Path(__file__).parents[2]
RECIPE = HERE / "deploy" / "mlflow"
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=10"


@pytest.fixture
def client(server, monkeypatch, tmp_path):
    """Use the project's own door; without credentials, unless a test sets some."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    return lambda: connection.connect(Project(tmp_path))


@pytest.mark.parametrize("user", [None, ("admin", "wrong"), ("admin", "password1234"), ("admin", "")])
def test_nobody_comes_in_without_the_password(server, user):
    answer = requests.get(f"{server.url}{SEARCH}", auth=user, timeout=30)
    assert answer.status_code == 401


def test_artifacts_are_behind_the_same_door(server):
    address = f"{server.url}/api/2.0/mlflow-artifacts/artifacts"
    assert requests.get(address, timeout=30).status_code == 401
    assert requests.put(f"{address}/file", data=b"1", timeout=30).status_code == 401


def test_with_the_password_one_logs_and_reads(server, client, password, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    opened = client()
    run = opened.create_run(opened.create_experiment("tried"))
    opened.log_metric(run.info.run_id, "loss", 0.5)
    (tmp_path / "file.txt").write_text("kept")
    opened.log_artifact(run.info.run_id, str(tmp_path / "file.txt"))
    assert opened.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
    assert Path(opened.download_artifacts(run.info.run_id, "file.txt")).read_text() == "kept"
    assert [path.read_text() for path in server.folder.glob("artifacts/**/file.txt")] == ["kept"]


def test_the_administrator_makes_an_account_that_may_read(server, password, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    get_app_client("basic-auth", server.url).create_user("ann", "a passphrase of ann")
    user = ("ann", "a passphrase of ann")
    assert requests.get(f"{server.url}{SEARCH}", auth=user, timeout=30).status_code == 200
    made = {"username": "eve", "password": "a passphrase of eve"}
    address = f"{server.url}/api/2.0/mlflow/users/create"
    assert requests.post(address, json=made, auth=user, timeout=30).status_code == 403


@pytest.mark.parametrize("user", ["", "admin:wr0ng-passw0rd@"])
def test_the_project_tells_who_is_refused_in_words(server, client, monkeypatch, user):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url.replace("://", f"://{user}"))
    opened = client()
    with pytest.raises(SeqopsError) as told, connection.translate_store_errors():
        opened.search_experiments()
    said = str(told.value)
    assert "rejected the user name or password" in said and "MLFLOW_TRACKING_PASSWORD" in said
    assert server.url.removeprefix("http://") in said
    assert "wr0ng" not in said and "admin:" not in said


def test_a_command_that_is_refused_ends_with_one_message(server):
    done = subprocess.run(
        [sys.executable, "-m", "seqops", "compare", NAMES[0]],
        env={
            **os.environ,
            "MLFLOW_TRACKING_URI": server.url.replace("://", "://admin:wr0ng-passw0rd@"),
            "SEQOPS_ROOT": str(HERE),
            "SEQOPS_STATE": str(server.folder / "state"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: the tracking store http://***@127.0.0.1")
    assert "Traceback" not in done.stderr and "wr0ng" not in done.stdout + done.stderr


def test_the_server_is_for_this_machine_alone_and_tells_no_secret(server, password):
    command = command_line(server.process.pid)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    hidden = [password, server.given["MLFLOW_FLASK_SERVER_SECRET_KEY"]]
    hidden.append((server.folder / "pgpass").read_text().strip().rpartition(":")[2])
    for secret in hidden:
        assert secret not in " ".join(command)
        assert secret not in server.log.read_text()


@pytest.mark.parametrize("name", ["MLFLOW_FLASK_SERVER_SECRET_KEY", "MLFLOW_ARTIFACTS"])
def test_what_is_not_set_is_named(name, tmp_path):
    given = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "k", "MLFLOW_ARTIFACTS": "a", "PATH": os.environ["PATH"]}
    del given[name]
    done = subprocess.run(
        [RECIPE / "serve"], env=given, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 and f"{name}: set it to" in done.stderr


def test_no_password_stands_in_the_recipe():
    accounts = configparser.ConfigParser()
    accounts.read(RECIPE / "basic_auth.ini")
    assert "admin_password" not in accounts["mlflow"]
    assert urlsplit(accounts["mlflow"]["database_uri"]).password is None
