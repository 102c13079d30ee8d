"""Notifications sent to a local server that misbehaves, and to commands."""

import json
import logging
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from http_server import serving
from processes import command_lines
from seqops.core.errors import ConfigError
from seqops.core.settings import NotificationSettings
from seqops.params import Params
from seqops.retraining import notify as notify_module
from seqops.retraining.notify import notify, origin, sentence

PARAMS = Path(__file__).parents[2] / "params.yaml"
EVENT = {
    "task": "ner",
    "outcome": "promoted",
    "reason": "es übertrifft den Champion",
    "version": "3",
    "champion": "2",
}
SECRET = "T0P-S3CRET"


class Handler(BaseHTTPRequestHandler):
    """Takes the status of each answer from `server.codes`, then answers 200."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received_requests.append((self.path, self.headers["Content-Type"], json.loads(body)))
        if self.server.hang:
            self.server.hang.wait(30)
        code = self.server.codes.pop(0) if self.server.codes else 200
        self.send_response(code)
        if code in (301, 302, 307):
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        """Record a redirect that was followed."""
        self.do_POST()

    def log_message(self, *arguments):
        """Keep the test output clean."""


@pytest.fixture
def server():
    with serving(Handler, received_requests=[], codes=[], hang=None) as started:
        started.url = f"{started.origin}/services/{SECRET}?token={SECRET}"
        yield started


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.delenv(notify_module.WEBHOOK, raising=False)
    monkeypatch.setattr(notify_module, "PAUSES", (0.0, 0.0))


@pytest.fixture
def stderr(capfd, monkeypatch, caplog):
    """Return message was printed to stderr, after checking that no secret was printed or logged."""
    monkeypatch.setattr(notify_module, "err", Console(stderr=True, soft_wrap=True, width=200))
    caplog.set_level(logging.WARNING)

    def read():
        captured = capfd.readouterr()
        assert captured.out == ""
        assert SECRET not in captured.err + caplog.text
        return captured.err

    return read


def settings(webhook="", command=(), events=("promoted", "refused", "failed")):
    return NotificationSettings(webhook, tuple(command), events)


def python(program, *arguments):
    return [sys.executable, "-c", program, *arguments]


def test_the_event_is_sent_with_the_time_and_a_sentence(server, stderr):
    notify(settings(server.url), EVENT)
    [(path, kind, sent)] = server.received_requests
    assert path == f"/services/{SECRET}?token={SECRET}"
    assert kind == "application/json"
    assert sent.pop("time").endswith("+00:00")
    assert sent == {**EVENT, "text": "seqops ner: promoted version 3: es übertrifft den Champion"}
    assert stderr() == ""


def test_the_time_of_the_event_is_kept(server):
    notify(settings(server.url), {**EVENT, "time": "then"})
    assert server.received_requests[0][2]["time"] == "then"


def test_only_the_chosen_outcomes_are_sent(server, tmp_path):
    received = tmp_path / "received"
    chosen = settings(server.url, python(f"open({str(received)!r}, 'w')"), ("failed",))
    notify(chosen, EVENT)
    assert (server.received_requests, received.exists()) == ([], False)
    notify(chosen, {**EVENT, "outcome": "failed"})
    assert (len(server.received_requests), received.exists()) == (1, True)


def test_the_address_in_the_environment_takes_precedence(server, monkeypatch):
    monkeypatch.setenv(notify_module.WEBHOOK, server.url)
    notify(settings("http://127.0.0.1:1/never"), EVENT)
    notify(settings(), EVENT)
    assert len(server.received_requests) == 2


def test_without_a_receiver_nothing_is_printed(stderr):
    notify(settings(), EVENT)
    assert stderr() == ""


@pytest.mark.parametrize("code", [500, 502, 503, 429])
def test_a_request_to_a_failing_server_is_repeated(server, stderr, code):
    server.codes = [code, code]
    notify(settings(server.url), EVENT)
    assert len(server.received_requests) == 3
    assert stderr() == ""


def warned(server, message):
    outcome = "The retraining is unaffected; see `notify` in params.yaml."
    return f"notification failed: {server.origin} {message}. {outcome}\n"


def test_after_three_attempts_a_warning_is_printed(server, stderr):
    server.codes = [500] * 5
    notify(settings(server.url), EVENT)
    assert len(server.received_requests) == 3
    assert stderr() == warned(server, "answered 500")


@pytest.mark.parametrize("code", [301, 302, 307, 400, 403, 404])
def test_neither_redirects_nor_refusals_are_repeated(server, stderr, code):
    server.codes = [code]
    notify(settings(server.url), EVENT)
    assert len(server.received_requests) == 1
    assert stderr() == warned(server, f"answered {code}")


def test_a_server_that_hangs_is_given_up_and_not_asked_again(server, stderr, monkeypatch):
    monkeypatch.setattr(notify_module, "TIMEOUTS", (5.0, 0.2))
    server.hang = threading.Event()
    notify(settings(server.url), EVENT)
    server.hang.set()
    assert len(server.received_requests) == 1
    assert stderr() == warned(server, "did not answer within 0.2 s")


def test_a_refused_connection_is_a_warning(server, stderr):
    free = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = free.server_address[1]
    free.server_close()
    notify(settings(f"http://127.0.0.1:{port}/{SECRET}"), EVENT)
    assert f"notification failed: http://127.0.0.1:{port} could not be reached (" in stderr()


@pytest.mark.parametrize(
    "url", [f"hooks.example/{SECRET}", f"file:///{SECRET}", f"http://[{SECRET}", f"http:///{SECRET}", SECRET]
)
def test_an_invalid_address_is_a_warning(stderr, url):
    notify(settings(url), EVENT)
    assert "notification failed: the webhook is not an address to post to (" in stderr()


def test_only_scheme_and_host_are_shown():
    assert origin(f"https://user:{SECRET}@hooks.example:8443/{SECRET}?k={SECRET}#{SECRET}") == (
        "https://***@hooks.example:8443"
    )


def test_a_command_receives_the_event_on_stdin(tmp_path, stderr):
    received = tmp_path / "received.json"
    program = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read()); print('kept off stdout')"
    notify(settings(command=python(program, str(received))), EVENT)
    assert {**json.loads(received.read_text("utf-8")), **EVENT} == json.loads(received.read_text("utf-8"))
    assert stderr() == ""


def test_the_command_is_not_run_by_a_shell(tmp_path, stderr):
    received = tmp_path / "received"
    program = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    notify(settings(command=python(program, str(received), "$(touch x); `id` && *")), EVENT)
    assert received.read_text() == "$(touch x); `id` && *"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (python("raise SystemExit(3)", SECRET), f"{sys.executable} failed (exit 3)"),
        (["/no/such/command", SECRET], "/no/such/command could not be run ("),
        (["a\0b"], "could not be run (embedded null byte)"),
        # a command need not read its input
        (python("import os, sys; os.close(0); sys.exit(4)"), f"{sys.executable} failed (exit 4)"),
    ],
)
def test_a_command_that_fails_is_a_warning(stderr, command, message):
    notify(settings(command=command), EVENT)
    assert message in stderr()


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path, stderr, monkeypatch):
    monkeypatch.setattr(notify_module, "COMMAND_TIMEOUT", 2.0)
    mark = tmp_path / "mark"
    inner = f"import time; open({str(mark)!r}, 'w').close(); time.sleep(300)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    notify(settings(command=python(program)), EVENT)
    assert f"{sys.executable} did not end within 2 s and was killed" in stderr()
    deadline = time.monotonic() + 30
    while (left := [line for line in command_lines() if str(mark) in line]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_after_a_failed_webhook_the_command_is_still_run(server, tmp_path, stderr):
    server.codes = [404]
    received = tmp_path / "received"
    notify(settings(server.url, python(f"open({str(received)!r}, 'w')")), EVENT)
    assert received.exists()
    assert "answered 404" in stderr()


@pytest.mark.parametrize("value", [float("nan"), {1, 2}])
def test_an_event_that_is_not_valid_json_is_a_warning(server, stderr, value):
    notify(settings(server.url), {**EVENT, "version": value})
    assert server.received_requests == []
    assert "notification failed: the event is not valid JSON" in stderr()


def test_a_sentence_needs_neither_version_nor_reason():
    assert sentence({"task": "ner", "outcome": "failed"}) == "seqops ner: failed"


def test_the_notify_section_is_loaded():
    assert Params.load(PARAMS).notify == NotificationSettings("", (), ("promoted", "refused", "failed"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  webhook: ", "  webhok: ", r"notify\.webhok: unknown key; did you mean 'webhook'\?"),
        (
            "  command: []",
            "  command: send",
            r"notify\.command: Input should be a valid (tuple|array), got 'send'\.",
        ),
        (
            "[promoted,",
            "[promotd,",
            r"notify\.events\.0: Input should be 'promoted', .*, got 'promotd'; did you mean 'promoted'\?$",
        ),
        (
            "  command: []",
            "  command: [7]",
            r"notify\.command\.0: Input should be a valid string, got 7\.",
        ),
    ],
)
def test_a_wrong_notify_section_names_its_key_and_line(tmp_path, old, new, message):
    text = PARAMS.read_text("utf-8")
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ConfigError, match=rf"^params\.yaml:{line}: {message}"):
        _ = Params.load(path).notify


def test_an_answer_that_trickles_is_given_up(server, stderr, monkeypatch):
    monkeypatch.setattr(notify_module, "DEADLINE", 0.2)
    server.hang = threading.Event()
    notify(settings(server.url), EVENT)
    server.hang.set()
    assert stderr() == warned(server, "had not answered after 0.2 s")
