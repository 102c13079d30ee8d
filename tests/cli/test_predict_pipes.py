"""`seqops predict --file` reads pipes, and waits at none that nothing writes to."""

import os
import socket

import pytest

from seqops.cli.predict import _inputs
from seqops.core.errors import DataError
from seqops.core.interfaces import Endpoint
from seqops.core.request_limits import RequestLimits


class Lines(Endpoint):
    """Takes an input a line."""

    requests = RequestLimits()


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setattr(Lines, "__abstractmethods__", frozenset())
    return Lines(data=None)


def test_a_named_pipe_without_a_writer_is_refused(tmp_path, endpoint):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe: is empty, or a pipe that no program writes to"):
        list(_inputs([], tmp_path / "pipe", endpoint))


def test_a_socket_is_refused(tmp_path, endpoint):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with pytest.raises(DataError, match="socket: is not a file"):
            list(_inputs([], tmp_path / "socket", endpoint))


def test_a_pipe_with_a_writer_is_read(tmp_path, endpoint):
    reading, writing = os.pipe()
    os.write(writing, b"Anna\nBen\n")
    os.close(writing)
    (tmp_path / "pipe").symlink_to(f"/dev/fd/{reading}")
    assert list(_inputs([], tmp_path / "pipe", endpoint)) == ["Anna", "Ben"]
    os.close(reading)
