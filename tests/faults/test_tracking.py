"""A tracking server that refuses, hangs or dies: reported in time, and the next run completes."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import mlflow
import pytest
import requests
from small_project import FIT, TASK, create_project, hashes, run

SECONDS = 60
"""Within which a failure is reported, in addition to the work of the stage."""
STARTUP_SECONDS = 240  # seconds that a busy machine may need to start MLflow's server
FIRST = "/api/2.0/mlflow/experiments/search"
UNLIMITED = 10_000  # requests, more than any training makes


class Server(ThreadingHTTPServer):
    """Answers the first request of a connection and `patience` more as MLflow does; then it calls `end`."""

    daemon_threads = True

    def __init__(self, patience, end, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.left, self.end, self.paths = patience, end, []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.paths.append(self.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == FIRST:
            self.answer(200, b"{}")
            return
        self.server.left -= 1
        if self.server.left < 0:
            self.server.end(self)
        else:
            self.reply()

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815

    def reply(self):
        self.answer(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}')

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

    def truncate(self):
        self.answer(200, b'{"half')

    def fail(self):
        self.answer(500, b"<html>oops</html>")

    def log_message(self, *arguments):
        """Keep the test output clean."""


def relay(port):
    """Make a handler that forwards its requests to MLflow's own server."""

    class Relay(Handler):
        def reply(self):
            connection = HTTPConnection("127.0.0.1", port)
            headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
            connection.request(self.command, self.path, self.body, headers)
            answer = connection.getresponse()
            self.answer(answer.status, answer.read())

    return Relay


ENDS = {name: getattr(Handler, name) for name in ("refuse", "hang", "die", "truncate", "fail")}
FIXES = {"refuse": "Ask its administrator for permission"}


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    root = create_project(tmp_path_factory.mktemp("tracking") / "project")
    for name in ("download", "validate", "preprocess"):
        assert run(root, name).code == 0
    return root


@pytest.fixture
def copied(encoded, tmp_path):
    shutil.copytree(encoded, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def serving():
    started = []

    def serve(patience, end, handler=Handler):
        server = Server(patience, end, handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server

    yield serve
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("patience", [0, 1])
@pytest.mark.parametrize("end", ENDS)
def test_a_failing_server_is_reported_in_time_and_nothing_is_lost(encoded, serving, end, patience, figures):
    before = {name: hashes(encoded, name) for name in ("download", "validate", "preprocess", "train")}
    server = serving(patience, ENDS[end])
    started = time.monotonic()
    result = run(encoded, "train", environment={"MLFLOW_TRACKING_URI": server.url})
    seconds = time.monotonic() - started
    assert result.code == 1, result.output
    output = " ".join(result.output.split())
    assert "Traceback" not in output
    assert f"the tracking store {server.url} " in output
    assert FIXES.get(end, "unset MLFLOW_TRACKING_URI") in output
    assert seconds < SECONDS
    assert len(server.paths) > patience + 1
    assert {name: hashes(encoded, name) for name in before} == before
    figures("tracking servers", f"{end} at request {patience + 1}", seconds=round(seconds, 1))


def test_the_next_run_with_a_working_store_completes(copied):
    result = run(copied, "train")
    assert result.code == 0, result.output
    names = ("model.weights.h5", "training.json", "history.csv")
    assert set(hashes(copied, "train")) == {f"data/{TASK}/{name}" for name in names}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    """MLflow's own server; `url` and `port`."""
    folder = tmp_path_factory.mktemp("upstream")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + STARTUP_SECONDS
    try:
        while not healthy(url):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.5)
        yield SimpleNamespace(url=url, port=port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def healthy(url):
    try:
        return requests.get(f"{url}/health", timeout=5).ok
    except requests.ConnectionError:
        return False


def train(root, server, code):
    """Train with a server; check that the stage ends with this code, and without a traceback."""
    result = run(root, "train", environment={"MLFLOW_TRACKING_URI": server.url})
    assert result.code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_a_server_that_dies_at_any_request_of_training_loses_no_epoch_and_no_run(
    encoded, upstream, serving, tmp_path, scaled, figures
):
    handler, root = relay(upstream.port), tmp_path / "project"
    mlflow.MlflowClient(upstream.url).create_experiment(TASK)
    shutil.copytree(encoded, root)
    whole = serving(UNLIMITED, Handler.die, handler)
    train(root, whole, 0)
    undisturbed, requests_made = hashes(root, "train"), UNLIMITED - whole.left
    deaths = random.Random(TASK).sample(range(1, requests_made), scaled(requests_made - 1))
    for patience in deaths:
        shutil.rmtree(root)
        shutil.copytree(encoded, root)
        dying = serving(patience, Handler.die, handler)
        result = run(root, "train", environment={"MLFLOW_TRACKING_URI": dying.url})
        output = " ".join(result.output.split())
        assert "Traceback" not in output
        # 0: a last request, or one of the thread that records system metrics; the run is checked below
        assert result.code == 0 or f"the tracking store {dying.url} " in output
        assert hashes(root, "train") in ({}, undisturbed)
        train(root, whole, 0)
        assert hashes(root, "train") == undisturbed

    client = mlflow.MlflowClient(upstream.url)
    experiment = client.get_experiment_by_name(TASK)
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == 1 + len(deaths)
    assert {run.info.status for run in runs} == {"FINISHED"}
    for found in runs:
        points = client.get_metric_history(found.info.run_id, "train/loss")
        assert {point.step for point in points} == set(range(1, FIT["epochs"] + 1))
    figures("tracking servers that die in training", TASK, deaths=len(deaths), requests=requests_made)


def test_the_fake_server_answers(serving):
    server = serving(0, Handler.refuse)
    for path, status in ((FIRST, 200), ("/api", 403)):
        connection = HTTPConnection(*server.server_address)
        connection.request("GET", path)
        assert connection.getresponse().status == status
