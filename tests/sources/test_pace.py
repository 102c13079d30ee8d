"""The time a download may take and its least rate, with a clock of the test and with a slow server."""

import io
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest
from rich.console import Console

from http_server import serving
from seqops.core.settings import DownloadSettings
from seqops.sources import pace
from seqops.sources.http import TransferError, download
from seqops.sources.pace import Pace, TooSlowError


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_download_may_take_its_whole_time_and_no_more(clock):
    watched = Pace(DownloadSettings(max_seconds=100, min_rate=0), clock)
    watched.measure(True)
    clock.now = 100.0
    watched.check()
    clock.now = 100.1
    with pytest.raises(TooSlowError, match=r"took more than 100 s \(download\.max_seconds\)"):
        watched.check()
    with pytest.raises(TooSlowError):
        watched.received(1)


def test_the_rate_is_that_of_the_last_thirty_seconds(clock):
    watched = Pace(DownloadSettings(max_seconds=1000, min_rate=10), clock)
    watched.measure(True)
    watched.received(300)
    clock.now = 30.0
    watched.check()
    watched.received(299)
    clock.now = 59.9
    watched.check()
    clock.now = 60.0
    with pytest.raises(TooSlowError, match=r"sends less than 10 bytes per second \(download\.min_rate\)"):
        watched.check()


def test_waiting_for_an_answer_has_no_rate(clock):
    watched = Pace(DownloadSettings(max_seconds=1000, min_rate=10), clock)
    clock.now = 500.0
    watched.check()
    watched.measure(True)
    watched.measure(False)
    clock.now = 900.0
    watched.check()


class Trickle(BaseHTTPRequestHandler):
    """Sends `server.first`, and then a byte now and then."""

    def do_GET(self):
        self.wfile.write(self.server.first)
        while not self.server.gate.wait(0.02):
            self.wfile.write(b"x")

    def log_message(self, *arguments):
        """Keep the test output clean."""


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
    ids=["body", "header", "chunk"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(tmp_path, monkeypatch, first):
    monkeypatch.setattr(pace, "POLL", 0.02)
    with serving(Trickle, first=first, gate=Event()) as server:
        address, settings = f"{server.origin}/a.csv", DownloadSettings(max_seconds=1, min_rate=0)
        with pytest.raises(TransferError, match=r"/a\.csv took more than 1 s"):
            download(address, tmp_path / "part", Console(file=io.StringIO()), settings=settings)
        server.gate.set()


def test_a_body_below_the_least_rate_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(pace, "POLL", 0.02)
    monkeypatch.setattr(pace, "WINDOW", 0.1)
    with serving(Trickle, first=b"HTTP/1.1 200 OK\r\n\r\n", gate=Event()) as server:
        with pytest.raises(TransferError, match="sends less than 1,000 bytes per second"):
            download(f"{server.origin}/a.csv", tmp_path / "part", Console(file=io.StringIO()))
        server.gate.set()
