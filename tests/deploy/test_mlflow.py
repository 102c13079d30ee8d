"""The MLflow server of deploy/mlflow, started as its README says: who has access, and what others see."""

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

pytest_plugins = ("postgres", "mlflow_server")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "deploy" / "mlflow"
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=10"


@pytest.fixture
def client(server, monkeypatch, tmp_path):
    """Connect as the project does, without credentials unless a test sets them."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    return lambda: connection.connect(Project(tmp_path))


@pytest.mark.parametrize("user", [None, ("admin", "wrong"), ("admin", "password1234"), ("admin", "")])
def test_access_is_denied_without_the_password(server, user):
    answer = requests.get(f"{server.url}{SEARCH}", auth=user, timeout=30)
    assert answer.status_code == 401


def test_artifacts_require_the_password_too(server):
    address = f"{server.url}/api/2.0/mlflow-artifacts/artifacts"
    assert requests.get(address, timeout=30).status_code == 401
    assert requests.put(f"{address}/file", data=b"1", timeout=30).status_code == 401


def test_with_the_password_a_client_can_log_and_read(server, client, password, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    connected = client()
    run = connected.create_run(connected.create_experiment("tried"))
    connected.log_metric(run.info.run_id, "loss", 0.5)
    (tmp_path / "file.txt").write_text("kept")
    connected.log_artifact(run.info.run_id, str(tmp_path / "file.txt"))
    assert connected.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
    assert Path(connected.download_artifacts(run.info.run_id, "file.txt")).read_text() == "kept"
    assert [path.read_text() for path in server.folder.glob("artifacts/**/file.txt")] == ["kept"]


def test_the_administrator_can_create_an_account_with_read_access(server, password, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    get_app_client("basic-auth", server.url).create_user("ann", "a passphrase of ann")
    user = ("ann", "a passphrase of ann")
    assert requests.get(f"{server.url}{SEARCH}", auth=user, timeout=30).status_code == 200
    account = {"username": "eve", "password": "a passphrase of eve"}
    address = f"{server.url}/api/2.0/mlflow/users/create"
    assert requests.post(address, json=account, auth=user, timeout=30).status_code == 403


@pytest.mark.parametrize("user", ["", "admin:wr0ng-passw0rd@"])
def test_a_refused_user_gets_a_clear_message(server, client, monkeypatch, user):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url.replace("://", f"://{user}"))
    with pytest.raises(SeqopsError) as refused:
        client()
    message = str(refused.value)
    assert "rejected the user name or password" in message and "MLFLOW_TRACKING_PASSWORD" in message
    assert server.url.removeprefix("http://") in message
    assert "wr0ng" not in message and "admin:" not in message


def test_a_refused_command_ends_with_one_error_message(server):
    done = subprocess.run(
        [sys.executable, "-m", "seqops", "compare", NAMES[0]],
        env={
            **os.environ,
            "MLFLOW_TRACKING_URI": server.url.replace("://", "://admin:wr0ng-passw0rd@"),
            "SEQOPS_ROOT": str(ROOT),
            "SEQOPS_STATE": str(server.folder / "state"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: the tracking store http://***@127.0.0.1")
    assert "Traceback" not in done.stderr and "wr0ng" not in done.stdout + done.stderr


def test_the_server_listens_on_loopback_only_and_logs_no_secret(server, password):
    command = command_line(server.process.pid)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    secrets = [password, server.environment["MLFLOW_FLASK_SERVER_SECRET_KEY"]]
    secrets.append((server.folder / "pgpass").read_text().strip().rpartition(":")[2])
    for secret in secrets:
        assert secret not in " ".join(command)
        assert secret not in server.log.read_text()


@pytest.mark.parametrize("name", ["MLFLOW_FLASK_SERVER_SECRET_KEY", "MLFLOW_ARTIFACTS"])
def test_a_missing_variable_is_named(name, tmp_path):
    environment = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "k", "MLFLOW_ARTIFACTS": "a", "PATH": os.environ["PATH"]}
    del environment[name]
    done = subprocess.run(
        [RECIPE / "serve"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 and f"{name}: set it to" in done.stderr


def test_the_recipe_contains_no_password():
    accounts = configparser.ConfigParser()
    accounts.read(RECIPE / "basic_auth.ini")
    assert "admin_password" not in accounts["mlflow"]
    assert urlsplit(accounts["mlflow"]["database_uri"]).password is None
