"""How MLflow's server is started over the project's store: for this machine alone, or behind a password."""

from __future__ import annotations

import importlib.util
import ipaddress
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
SHORTEST = 12  # characters, as MLflow has it
WIDELY_KNOWN = "password1234"  # older versions of MLflow shipped it (GHSA-gq3w-7jj3-x7gr)
ACCOUNTS = """[mlflow]
default_permission = READ
database_uri = sqlite:///{database}
admin_username = admin
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""


def command(host: str, port: int) -> list[str]:
    """Return the command that starts the server; no secret stands in it, because others can list it."""
    started = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port)]
    return started if is_loopback(host) else [*started, "--app-name", "basic-auth"]


def environment(uri: str, host: str, given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of that command.

    folder: where the accounts are kept, if they are needed. Raises SeqopsError where the store is a server
    itself, and where another machine could come in without a password.
    """
    if uri.startswith("http"):
        raise SeqopsError(f"the runs are kept by a server already: open {redact(uri)} in a browser.")
    own = {"MLFLOW_BACKEND_STORE_URI": uri, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    if not is_loopback(host):
        _check(host, given)
        own[CONFIG] = given.get(CONFIG) or str(_accounts(folder))
    return {**given, **own}


def is_loopback(host: str) -> bool:
    """Tell whether a host is reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check(host: str, given: Mapping[str, str]) -> None:
    wrong = []
    if importlib.util.find_spec("flask_wtf") is None:
        wrong.append("install the extra: `pip install '.[auth]'`")
    if not given.get(KEY):
        wrong.append(f"set {KEY} to a long random text that stays the same")
    password = given.get(PASSWORD, "")
    if len(password) < SHORTEST or password == WIDELY_KNOWN:
        wrong.append(f"set {PASSWORD} to a password of your own, of at least {SHORTEST} characters")
    if wrong:
        raise SeqopsError(
            f"on {host} other machines could read and change every run, so a password is needed: "
            f"{'; '.join(wrong)}. Or leave out --host: {LOOPBACK} is for this machine alone."
        )


def _accounts(folder: Path) -> Path:
    """Write where the accounts are kept: beside the runs, not in whatever folder the command is given in."""
    path = folder / "basic_auth.ini"
    write_bytes(path, ACCOUNTS.format(database=folder / "basic_auth.db").encode("utf-8"))
    return path
