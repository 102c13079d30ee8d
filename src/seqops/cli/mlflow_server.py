"""Command and environment of an MLflow server for the project's store, with a password off loopback."""

from __future__ import annotations

import importlib.util
import ipaddress
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from seqops.core.errors import SeqopsError
from seqops.core.files import write_bytes
from seqops.core.redaction import redact

LOOPBACK = "127.0.0.1"
KEY, PASSWORD, CONFIG = (
    "MLFLOW_FLASK_SERVER_SECRET_KEY",
    "MLFLOW_AUTH_ADMIN_PASSWORD",
    "MLFLOW_AUTH_CONFIG_PATH",
)
HOSTS = "MLFLOW_SERVER_ALLOWED_HOSTS"
LOOPBACK_HOSTS = "localhost,localhost:*,127.0.0.1,127.0.0.1:*,[::1],[[]::1]:*"
"""Values of the Host header that are served on loopback: MLflow allows `10.*` too, with which a name may
begin that somebody points to 127.0.0.1. A `[` is escaped where there is a `*`."""
MIN_PASSWORD_LENGTH = 12  # characters, as in MLflow
FORMER_DEFAULT = "password1234"  # older versions of MLflow shipped it (GHSA-gq3w-7jj3-x7gr)
ACCOUNTS = """[mlflow]
default_permission = READ
database_uri = sqlite:///{database}
admin_username = admin
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""


def command(host: str, port: int) -> list[str]:
    """Return the command that starts the server; it contains no secret, because others can list processes."""
    started = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port)]
    return started if is_loopback(host) else [*started, "--app-name", "basic-auth"]


def environment(uri: str, host: str, given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of that command.

    folder: for the accounts, if they are needed. Raises SeqopsError if the store is itself a server, or if
    other machines could connect without a password.
    """
    if uri.startswith("http"):
        raise SeqopsError(f"the tracking store is already a server: open {redact(uri)} in a browser.")
    server = {"MLFLOW_BACKEND_STORE_URI": uri, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    if is_loopback(host):
        server[HOSTS] = given.get(HOSTS) or f"{LOOPBACK_HOSTS},{host},{host}:*"
    else:
        _check(host, given)
        server[CONFIG] = given.get(CONFIG) or str(_accounts(folder))
    return {**given, **server}


def require_free(host: str, port: int) -> None:
    """Raise SeqopsError if the server could not listen: it would end without an error."""
    try:
        [family, kind, protocol, _, address], *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        what = f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}"
        raise SeqopsError(f"{what}. Give another --port or --host.") from None


def is_loopback(host: str) -> bool:
    """Return whether a host can only be reached from this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check(host: str, given: Mapping[str, str]) -> None:
    wrong = []
    if importlib.util.find_spec("flask_wtf") is None:
        wrong.append("install the extra: `pip install '.[auth]'`")
    if not given.get(KEY):
        wrong.append(f"set {KEY} to a long random text, the same at every start")
    password = given.get(PASSWORD, "")
    if len(password) < MIN_PASSWORD_LENGTH or password == FORMER_DEFAULT:
        wrong.append(f"set {PASSWORD} to a password of at least {MIN_PASSWORD_LENGTH} characters")
    if wrong:
        raise SeqopsError(
            f"on {host} other machines could read and change every run, so a password is required: "
            f"{'; '.join(wrong)}. Or omit --host: {LOOPBACK} serves this machine only."
        )


def _accounts(folder: Path) -> Path:
    """Write the configuration of the accounts into the given folder, not the working directory."""
    path = folder / "basic_auth.ini"
    write_bytes(path, ACCOUNTS.format(database=folder / "basic_auth.db").encode("utf-8"))
    return path
