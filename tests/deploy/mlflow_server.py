"""The MLflow server of deploy/mlflow, started as its README says, on a PostgreSQL server for tests."""

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

RECIPE = Path(__file__).parents[2] / "deploy" / "mlflow"
STARTUP_SECONDS = 240  # seconds that a busy machine may need to start the server


def databases(postgres_url):
    """Create the two databases; return the address without its password, and the password."""
    address = urlsplit(postgres_url)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for name in ("mlflow", "mlflow_auth"):
            connection.execute(f"CREATE DATABASE {name}")
    return f"{address.scheme}://{address.username}@{address.hostname}:{address.port}", address.password


def environment(folder, postgres_url):
    """Set what the README asks for."""
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


@pytest.fixture(scope="session")
def server(postgres_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    settings = environment(folder, postgres_url)
    url, log = f"http://127.0.0.1:{settings['PORT']}", folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [RECIPE / "serve"],
            env=settings,
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until_healthy(url, process, log)
        yield SimpleNamespace(url=url, folder=folder, environment=settings, log=log, process=process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def wait_until_healthy(url, process, log):
    until = time.monotonic() + STARTUP_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            if requests.get(f"{url}/health", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


@pytest.fixture
def password(server):
    return server.environment["MLFLOW_AUTH_ADMIN_PASSWORD"]
