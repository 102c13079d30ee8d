"""HTTP sources that stall, change during the transfer, or report a wrong length."""

import io
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest
from rich.console import Console

from http_server import serving
from seqops.sources import http
from seqops.sources.http import TransferError, download

OLD, NEW = b"old" * 200_000, b"new" * 200_000


class Handler(BaseHTTPRequestHandler):
    """Passes each request to `server.behave`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.ranges.append(self.headers.get("Range"))
        self.server.behave(self)

    def send(self, body, length=None, etag='"1"', status=200, **headers):
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *arguments):
        """Keep the test output clean."""


@pytest.fixture
def server():
    with serving(Handler, ranges=[], gate=threading.Event()) as started:
        started.url = f"{started.origin}/file"
        yield started
        started.gate.set()


def fetch(server, folder):
    download(server.url, folder / "part", Console(file=io.StringIO()))
    return (folder / "part").read_bytes()


def test_a_source_that_stalls_in_every_body_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUTS", (1.0, 0.3))

    def stall(handler):
        handler.send(OLD[:1000], len(OLD), status=200)
        server.gate.wait(20)

    server.behave = stall
    started = time.monotonic()
    with pytest.raises(TransferError, match=r"was interrupted|did not answer"):
        fetch(server, tmp_path)
    assert time.monotonic() - started < 20


def test_a_source_that_changes_during_the_transfer_is_fetched_in_its_new_version(server, tmp_path):
    def change(handler):
        if len(server.ranges) == 1:
            handler.send(OLD[:300_000], len(OLD))
        else:
            handler.send(NEW, etag='"2"')

    server.behave = change
    assert fetch(server, tmp_path) == NEW
    assert server.ranges[0] is None


def test_a_source_that_announces_more_than_it_sends_is_reported(server, tmp_path):
    server.behave = lambda handler: handler.send(OLD, len(OLD) + 100, etag="W/1")
    with pytest.raises(TransferError, match="was interrupted 5 times"):
        fetch(server, tmp_path)


def test_a_source_is_read_up_to_its_announced_length(server, tmp_path):
    server.behave = lambda handler: handler.send(OLD, 1000)
    assert fetch(server, tmp_path) == OLD[:1000]
