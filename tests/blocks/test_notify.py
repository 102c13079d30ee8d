"""Notifications against a server on this machine that misbehaves, and against real commands."""

import json
import logging
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from processes import command_lines
from seqops.core.errors import ConfigError
from seqops.core.settings import NotificationSettings
from seqops.params import Params
from seqops.retraining import notify as block
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
    """Takes the code of each answer from `server.codes`, 200 when they are used up."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
        if self.server.hang:
            self.server.hang.wait(30)
        code = self.server.codes.pop(0) if self.server.codes else 200
        self.send_response(code)
        if code in (301, 302, 307):
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        """Where a redirect that is followed would end."""
        self.do_POST()

    def log_message(self, *arguments):
        """Keep the test output clean."""


@pytest.fixture
def server():
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.got, serving.codes, serving.hang = [], [], None
    serving.origin = f"http://127.0.0.1:{serving.server_address[1]}"
    serving.url = f"{serving.origin}/services/{SECRET}?token={SECRET}"
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.delenv(block.WEBHOOK, raising=False)
    monkeypatch.setattr(block, "PAUSES", (0.0, 0.0))


@pytest.fixture
def said(capfd, monkeypatch, caplog):
    """Return what was said on stderr or to a log, after making sure that no secret was."""
    monkeypatch.setattr(block, "err", Console(stderr=True, soft_wrap=True, width=200))
    caplog.set_level(logging.WARNING)

    def read():
        words = capfd.readouterr()
        assert words.out == ""
        assert SECRET not in words.err + caplog.text
        return words.err

    return read


def settings(webhook="", command=(), events=("promoted", "refused", "failed")):
    return NotificationSettings(webhook, tuple(command), events)


def python(program, *arguments):
    return [sys.executable, "-c", program, *arguments]


def test_the_event_arrives_with_the_time_and_a_sentence(server, said):
    notify(settings(server.url), EVENT)
    [(path, kind, told)] = server.got
    assert path == f"/services/{SECRET}?token={SECRET}"
    assert kind == "application/json"
    assert told.pop("time").endswith("+00:00")
    assert told == {**EVENT, "text": "seqops ner: promoted version 3: es übertrifft den Champion"}
    assert said() == ""


def test_a_time_of_the_event_stays(server):
    notify(settings(server.url), {**EVENT, "time": "then"})
    assert server.got[0][2]["time"] == "then"


def test_only_the_chosen_outcomes_are_told(server, tmp_path):
    told = tmp_path / "told"
    chosen = settings(server.url, python(f"open({str(told)!r}, 'w')"), ("failed",))
    notify(chosen, EVENT)
    assert (server.got, told.exists()) == ([], False)
    notify(chosen, {**EVENT, "outcome": "failed"})
    assert (len(server.got), told.exists()) == (1, True)


def test_the_address_of_the_environment_comes_first(server, monkeypatch):
    monkeypatch.setenv(block.WEBHOOK, server.url)
    notify(settings("http://127.0.0.1:1/never"), EVENT)
    notify(settings(), EVENT)
    assert len(server.got) == 2


def test_without_a_receiver_nothing_is_said(said):
    notify(settings(), EVENT)
    assert said() == ""


@pytest.mark.parametrize("code", [500, 502, 503, 429])
def test_a_server_in_trouble_is_asked_again(server, said, code):
    server.codes = [code, code]
    notify(settings(server.url), EVENT)
    assert len(server.got) == 3
    assert said() == ""


def warned(server, what):
    outcome = "The retraining is unaffected; see `notify` in params.yaml."
    return f"notification failed: {server.origin} {what}. {outcome}\n"


def test_after_three_attempts_it_is_a_warning(server, said):
    server.codes = [500] * 5
    notify(settings(server.url), EVENT)
    assert len(server.got) == 3
    assert said() == warned(server, "answered 500")


@pytest.mark.parametrize("code", [301, 302, 307, 400, 403, 404])
def test_a_redirect_is_not_followed_and_a_refusal_not_repeated(server, said, code):
    server.codes = [code]
    notify(settings(server.url), EVENT)
    assert len(server.got) == 1
    assert said() == warned(server, f"answered {code}")


def test_a_server_that_hangs_is_left_and_not_told_twice(server, said, monkeypatch):
    monkeypatch.setattr(block, "TIMEOUTS", (5.0, 0.2))
    server.hang = threading.Event()
    notify(settings(server.url), EVENT)
    server.hang.set()
    assert len(server.got) == 1
    assert said() == warned(server, "did not answer within 0.2 s")


def test_nobody_there_is_a_warning(server, said):
    free = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = free.server_address[1]
    free.server_close()
    notify(settings(f"http://127.0.0.1:{port}/{SECRET}"), EVENT)
    assert f"notification failed: http://127.0.0.1:{port} could not be reached (" in said()


@pytest.mark.parametrize(
    "url", [f"hooks.example/{SECRET}", f"file:///{SECRET}", f"http://[{SECRET}", f"http:///{SECRET}", SECRET]
)
def test_an_address_that_is_none_is_a_warning(said, url):
    notify(settings(url), EVENT)
    assert "notification failed: the webhook is not an address to post to (" in said()


def test_scheme_and_host_alone_are_shown():
    assert origin(f"https://user:{SECRET}@hooks.example:8443/{SECRET}?k={SECRET}#{SECRET}") == (
        "https://***@hooks.example:8443"
    )


def test_a_command_gets_the_event_on_its_standard_input(tmp_path, said):
    told = tmp_path / "told.json"
    program = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read()); print('kept off stdout')"
    notify(settings(command=python(program, str(told))), EVENT)
    assert {**json.loads(told.read_text("utf-8")), **EVENT} == json.loads(told.read_text("utf-8"))
    assert said() == ""


def test_no_shell_reads_the_command(tmp_path, said):
    told = tmp_path / "told"
    program = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    notify(settings(command=python(program, str(told), "$(touch x); `id` && *")), EVENT)
    assert told.read_text() == "$(touch x); `id` && *"


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (python("raise SystemExit(3)", SECRET), f"{sys.executable} failed (exit 3)"),
        (["/no/such/command", SECRET], "/no/such/command could not be run ("),
        (["a\0b"], "could not be run (embedded null byte)"),
        # it need not read what it is given
        (python("import os, sys; os.close(0); sys.exit(4)"), f"{sys.executable} failed (exit 4)"),
    ],
)
def test_a_command_that_fails_is_a_warning(said, command, what):
    notify(settings(command=command), EVENT)
    assert what in said()


def test_a_command_that_hangs_is_killed_with_all_that_it_began(tmp_path, said, monkeypatch):
    monkeypatch.setattr(block, "COMMAND_TIMEOUT", 2.0)
    mark = tmp_path / "mark"
    inner = f"import time; open({str(mark)!r}, 'w').close(); time.sleep(300)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    notify(settings(command=python(program)), EVENT)
    assert f"{sys.executable} did not end within 2 s and was killed" in said()
    deadline = time.monotonic() + 30
    while (left := [line for line in command_lines() if str(mark) in line]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_a_webhook_that_fails_keeps_the_command_from_nothing(server, tmp_path, said):
    server.codes = [404]
    told = tmp_path / "told"
    notify(settings(server.url, python(f"open({str(told)!r}, 'w')")), EVENT)
    assert told.exists()
    assert "answered 404" in said()


@pytest.mark.parametrize("value", [float("nan"), {1, 2}])
def test_an_event_that_is_no_json_is_a_warning(server, said, value):
    notify(settings(server.url), {**EVENT, "version": value})
    assert server.got == []
    assert "notification failed: the event is not valid JSON" in said()


def test_a_sentence_needs_neither_version_nor_reason():
    assert sentence({"task": "ner", "outcome": "failed"}) == "seqops ner: failed"


def test_the_notify_section_is_read():
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
        ("  command: []", "  command: [7]", r"notify\.command\.0: Input should be a valid string, got 7\."),
    ],
)
def test_a_wrong_notify_section_names_its_key_and_line(tmp_path, old, new, message):
    text = PARAMS.read_text("utf-8")
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ConfigError, match=rf"^params\.yaml:{line}: {message}"):
        _ = Params.load(path).notify
