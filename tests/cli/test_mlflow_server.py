"""Access to the MLflow server that the started starts."""

import socket
from configparser import ConfigParser

import pytest
from mlflow.server.security_utils import is_allowed_host_header
from typer.testing import CliRunner

from seqops.cli import app, server_process
from seqops.cli.mlflow_server import (
    CONFIG,
    HOSTS,
    KEY,
    PASSWORD,
    command,
    environment,
    is_loopback,
    require_free,
)
from seqops.core.errors import SeqopsError
from seqops.tracking import connection

GIVEN = {KEY: "k" * 40, PASSWORD: "a passphrase of ours"}
STORE = "sqlite:////home/me/mlflow.db"


@pytest.fixture
def started(tmp_path, monkeypatch):
    """An empty started; commands are recorded instead of run."""
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text("tasks: {}\n")
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    for name in ("MLFLOW_TRACKING_URI", "SEQOPS_STATE", KEY, PASSWORD, CONFIG):
        monkeypatch.delenv(name, raising=False)
    started = []

    def run(command, environment):
        started.append((command, environment))
        return 0

    monkeypatch.setattr(server_process, "run_server", run)
    monkeypatch.setattr(connection, "connect", lambda project: None)
    return started


def option(arguments, name):
    return arguments[arguments.index(name) + 1]


def test_the_ui_listens_on_loopback_by_default(started):
    assert CliRunner().invoke(app, ["ui"]).exit_code == 0
    [(arguments, _)] = started
    assert option(arguments, "--host") == "127.0.0.1"
    assert "--app-name" not in arguments


def test_a_port_that_is_taken_is_refused(started):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = CliRunner().invoke(app, ["ui", "--port", str(port)])
    assert done.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use. Give another --port" in done.stderr
    assert not started
    assert CliRunner().invoke(app, ["ui", "--port", str(port)]).exit_code == 0


def test_a_host_of_another_machine_is_refused():
    with pytest.raises(SeqopsError, match=r"cannot listen on 192\.0\.2\.1:5000: Cannot assign"):
        require_free("192.0.2.1", 5000)


@pytest.mark.parametrize(
    ("header", "served"),
    [
        ("localhost:5000", True),
        ("localhost", True),
        ("127.0.0.1:5000", True),
        ("[::1]:5000", True),
        ("127.1.2.3:5000", True),
        ("10.evil.example", False),
        ("192.168.evil.example:5000", False),
        ("172.16.evil.example", False),
        ("127.0.0.1.evil.example:5000", False),
        ("localhost.evil.example", False),
        ("evil.example", False),
    ],
)
def test_on_loopback_only_its_own_names_are_served(tmp_path, header, served):
    allowed = environment(STORE, "127.1.2.3", {}, tmp_path)[HOSTS].split(",")
    assert is_allowed_host_header(allowed, header) is served


def test_hosts_that_the_user_allows_are_kept(tmp_path):
    given = {HOSTS: "notebooks.example"}
    assert environment(STORE, "127.0.0.1", given, tmp_path)[HOSTS] == "notebooks.example"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org", ""])
def test_other_hosts_are_refused_without_a_password(started, host):
    done = CliRunner().invoke(app, ["ui", "--host", host])
    assert done.exit_code == 1 and started == []
    assert done.stderr.startswith("error: ") and "Traceback" not in done.output
    assert KEY in done.stderr and PASSWORD in done.stderr and "--host" in done.stderr


def test_with_a_password_the_server_requires_authentication(started, monkeypatch, tmp_path):
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["ui", "--host", "0.0.0.0"])
    [(arguments, env)] = started
    assert option(arguments, "--app-name") == "basic-auth"
    accounts = ConfigParser()
    accounts.read(env[CONFIG])
    assert accounts["mlflow"]["database_uri"] == f"sqlite:///{tmp_path / '.state/mlflow/basic_auth.db'}"
    assert "admin_password" not in accounts["mlflow"]
    assert "TLS" in done.output
    assert not any(value in " ".join(arguments) + done.output for value in GIVEN.values())


@pytest.mark.parametrize("password", ["", "short", "password1234"])
def test_a_weak_or_default_password_is_refused(password, tmp_path):
    with pytest.raises(SeqopsError, match=PASSWORD) as raised:
        environment(STORE, "10.0.0.1", {**GIVEN, PASSWORD: password}, tmp_path)
    assert KEY not in str(raised.value)


def test_the_password_of_the_store_is_not_on_the_command_line(tmp_path):
    uri = "postgresql://me:hush@db/mlflow"
    assert environment(uri, "127.0.0.1", {}, tmp_path)["MLFLOW_BACKEND_STORE_URI"] == uri
    assert "hush" not in " ".join(command("127.0.0.1", 5000))


def test_a_user_s_own_accounts_file_is_used(tmp_path):
    assert environment(STORE, "10.0.0.1", {**GIVEN, CONFIG: "mine.ini"}, tmp_path)[CONFIG] == "mine.ini"


def test_a_store_that_is_a_server_is_opened_in_a_browser(tmp_path):
    with pytest.raises(SeqopsError, match=r"open https://\*\*\*@runs.example in a browser"):
        environment("https://me:hush@runs.example", "127.0.0.1", {}, tmp_path)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost.evil", False)],
)
def test_which_hosts_are_loopback(host, loopback):
    assert is_loopback(host) is loopback
