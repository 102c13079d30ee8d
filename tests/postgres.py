"""A PostgreSQL server for the tests, on 127.0.0.1, removed when they end."""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

PACKAGES = Path("/usr/lib/postgresql")
SECONDS = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    # no data has to survive a crash
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


def binaries():
    """Return the folder of the newest installed version, or None."""
    found = sorted(PACKAGES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def installed():
    """Return the folder of the server's programs; install Debian's package if possible, otherwise skip."""
    if binaries() is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            pytest.skip("PostgreSQL not found, and apt-get needs root to install it")
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "postgresql"]):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if binaries() is None:
            pytest.skip(f"PostgreSQL could not be installed: {done.stderr.strip()[-200:]}")
    return binaries()


def owner():
    """Return the user that the server runs as: it refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


def as_owner():
    return {"user": owner(), "group": owner(), "extra_groups": []} if os.geteuid() == 0 else {}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(url, server, log):
    """Wait until the server accepts connections."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {error}\n{log.read_text()}") from error
            time.sleep(0.1)


@pytest.fixture(scope="session")
def postgres_url():
    """Start a server and return its SQLAlchemy URL; its only user has a password."""
    programs, password, port = installed(), secrets.token_urlsafe(16), free_port()
    # other users cannot enter pytest's own folders
    with tempfile.TemporaryDirectory(prefix="seqops-postgres-") as name:
        folder = Path(name)
        secret, data, log = folder / "password", folder / "data", folder / "log"
        secret.write_text(password)
        for path in (folder, secret):
            shutil.chown(path, owner())
        make = [programs / "initdb", "-D", data, "-U", "seqops", "--pwfile", secret, "-A", "scram-sha-256"]
        options = ["-E", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run([*make, *options], cwd=folder, check=True, capture_output=True, **as_owner())
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        command = [programs / "postgres", "-D", data, "-p", str(port), *settings]
        with log.open("wb") as output:
            server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, **as_owner())
        try:
            address = f"seqops:{password}@127.0.0.1:{port}/postgres"
            wait_until_ready(f"postgresql://{address}", server, log)
            yield f"postgresql+psycopg://{address}"
        finally:
            # SIGINT does not wait for clients, as SIGTERM would
            server.send_signal(signal.SIGINT)
            server.wait(SECONDS)


@pytest.fixture
def postgres_database(postgres_url):
    """Return the URL of an empty database on that server."""
    name = f"empty_{secrets.token_hex(4)}"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres_url.removesuffix('postgres')}{name}"
