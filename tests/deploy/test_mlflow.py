"""The recipe of deploy/mlflow, started as its README says: who is let in, and what the others are told."""

import configparser
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from mlflow.server import get_app_client

from checkout import NAMES
from seqops.blocks import track
from seqops.contract import SeqopsError
from seqops.store import Store

pytest_plugins = ("postgres",)
pytestmark = pytest.mark.slow
HERE = Path(__file__).parents[2]
RECIPE = HERE / "deploy" / "mlflow"
UP = 240  # seconds that a busy machine may take to start the server
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=10"


def databases(postgres_url):
    """Make the two databases; return the address without its password, and the password."""
    address = urlsplit(postgres_url)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for name in ("mlflow", "mlflow_auth"):
            connection.execute(f"CREATE DATABASE {name}")
    return f"{address.scheme}://{address.username}@{address.hostname}:{address.port}", address.password


def environment(folder, postgres_url):
    """Set what the README tells to set."""
    address, password = databases(postgres_url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pgpass = folder / "pgpass"
    pgpass.write_text(f"*:*:*:*:{password}\n")
    pgpass.chmod(0o600)
    accounts = configparser.ConfigParser()
    accounts.read(RECIPE / "basic_auth.ini")
    accounts["mlflow"]["database_uri"] = f"{address}/mlflow_auth"
    with (folder / "basic_auth.ini").open("w") as file:
        accounts.write(file)
    return {
        "PATH": os.environ["PATH"],
        "PYTHON": sys.executable,
        "PORT": str(port),
        "PGPASSFILE": str(pgpass),
        "MLFLOW_BACKEND_STORE_URI": f"{address}/mlflow",
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "basic_auth.ini"),
        "MLFLOW_ARTIFACTS": str(folder / "artifacts"),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_hex(32),
        "MLFLOW_AUTH_ADMIN_PASSWORD": secrets.token_urlsafe(16),
    }


@pytest.fixture(scope="module")
def server(postgres_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    given = environment(folder, postgres_url)
    url, log = f"http://127.0.0.1:{given['PORT']}", folder / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [RECIPE / "serve"], env=given, cwd=folder, stdout=said, stderr=said, start_new_session=True
        )
    try:
        wait(url, process, log)
        yield SimpleNamespace(url=url, folder=folder, given=given, log=log, process=process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def wait(url, process, log):
    until = time.monotonic() + UP
    while process.poll() is None and time.monotonic() < until:
        try:
            if requests.get(f"{url}/health", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


@pytest.fixture
def password(server):
    return server.given["MLFLOW_AUTH_ADMIN_PASSWORD"]


@pytest.fixture
def client(server, monkeypatch, tmp_path):
    """Use the project's own door; without credentials, unless a test sets some."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    return lambda: track.connect(Store(tmp_path))


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
    with pytest.raises(SeqopsError) as told, track.answering():
        opened.search_experiments()
    said = str(told.value)
    assert "knows no such user and password" in said and "MLFLOW_TRACKING_PASSWORD" in said
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
    command = Path(f"/proc/{server.process.pid}/cmdline").read_text().split("\0")
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
