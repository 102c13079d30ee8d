"""A tracking server that refuses, hangs or dies in the middle: told in time, and the next run completes."""

import socket
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from small import TASK, founded, hashes, run

SECONDS = 60
"""Within which a failure is told, the stage's own work aside."""


class Server(ThreadingHTTPServer):
    """Answers `/health`, and so many requests in MLflow's manner; then it does what it was made for."""

    daemon_threads = True

    def __init__(self, patience, end):
        super().__init__(("127.0.0.1", 0), Handler)
        self.left, self.end, self.asked = patience, end, []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/health":
            self.answer(200, b"OK")
            return
        self.server.left -= 1
        if self.server.left < 0:
            self.server.end(self)
        else:
            self.answer(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}')

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self):
        self.answer(403, b'{"error_code": "PERMISSION_DENIED", "message": "you may not"}')

    def hang(self):
        time.sleep(120)

    def die(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def stammer(self):
        self.answer(200, b'{"half')

    def fail(self):
        self.answer(500, b"<html>oops</html>")

    def log_message(self, *arguments):
        """Keep the test output clean."""


ENDS = {name: getattr(Handler, name) for name in ("refuse", "hang", "die", "stammer", "fail")}
MENDS = {"refuse": "Ask its administrator for the permission"}


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    root = founded(tmp_path_factory.mktemp("tracking") / "project")
    for name in ("download", "validate", "preprocess"):
        assert run(root, name).code == 0
    return root


@pytest.fixture
def serving():
    started = []

    def serve(patience, end):
        server = Server(patience, end)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server

    yield serve
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("patience", [0, 1])
@pytest.mark.parametrize("end", ENDS)
def test_a_server_that_fails_is_told_in_time_and_nothing_is_lost(encoded, serving, end, patience, figures):
    before = {name: hashes(encoded, name) for name in ("download", "validate", "preprocess", "train")}
    server = serving(patience, ENDS[end])
    started = time.monotonic()
    played = run(encoded, "train", environment={"MLFLOW_TRACKING_URI": server.url})
    seconds = time.monotonic() - started
    assert played.code == 1, played.said
    said = " ".join(played.said.split())
    assert "Traceback" not in said
    assert f"the tracking store {server.url} " in said
    assert MENDS.get(end, "unset MLFLOW_TRACKING_URI") in said
    assert seconds < SECONDS
    assert len(server.asked) > patience + 1
    assert {name: hashes(encoded, name) for name in before} == before
    figures("tracking servers", f"{end} at request {patience + 1}", seconds=round(seconds, 1))


def test_the_next_run_with_a_store_that_answers_completes(encoded):
    played = run(encoded, "train")
    assert played.code == 0, played.said
    assert set(hashes(encoded, "train")) == {f"data/{TASK}/model.weights.h5", f"data/{TASK}/history.csv"}


def test_the_server_of_these_tests_answers(serving):
    server = serving(0, Handler.refuse)
    for path, status in (("/health", 200), ("/api", 403)):
        connection = HTTPConnection(*server.server_address)
        connection.request("GET", path)
        assert connection.getresponse().status == status
