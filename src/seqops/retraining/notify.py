"""Notifications of retraining outcomes, by a webhook and a command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Thread
from typing import Any, Protocol
from urllib.parse import urlsplit

from seqops.core.redaction import redact
from seqops.runtime.console import err

WEBHOOK = "SEQOPS_WEBHOOK"
TIMEOUTS = (5.0, 10.0)
"""Seconds to connect, and between two bytes of the response."""

DEADLINE = 30.0
"""Seconds in which the response to an attempt must have begun and its headers be complete."""

PAUSES = (0.5, 2.0)
"""Seconds before the second and the third attempt."""

COMMAND_TIMEOUT = 30.0
"""Seconds that the command may take."""


class NotificationTargets(Protocol):
    """The `notify` section of params.yaml."""

    @property
    def webhook(self) -> str:
        """URL to post to."""

    @property
    def command(self) -> Sequence[str]:
        """Command line to run."""

    @property
    def events(self) -> Sequence[str]:
        """Outcomes to send."""


class NotificationError(Exception):
    """A notification could not be delivered."""


def notify(settings: NotificationTargets, event: Mapping[str, Any]) -> None:
    """Post the event as JSON and pass it to the command, if its `outcome` is one of `settings.events`.

    `time` (UTC) and `text`, one line for receivers that show one, are added if missing. Failures are
    warnings on stderr.
    """
    if event["outcome"] not in settings.events:
        return
    payload = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "text": sentence(event), **event}
    url = os.environ.get(WEBHOOK) or settings.webhook
    with _warned():
        body = _encoded(payload)
        if url:
            with _warned():
                _post(url, body)
        if settings.command:
            _run(settings.command, body)


def sentence(event: Mapping[str, Any]) -> str:
    """Format an event on one line."""
    version = f" version {event['version']}" if event.get("version") else ""
    reason = f": {event['reason']}" if event.get("reason") else ""
    return f"seqops {event['task']}: {event['outcome']}{version}{reason}"


def origin(url: str) -> str:
    """Return scheme and host only, because the path of a webhook is often its secret."""
    with suppress(ValueError):
        parts = urlsplit(redact(url))
        if parts.scheme in ("http", "https") and parts.netloc:
            return f"{parts.scheme}://{parts.netloc}"
    return "the webhook"


def _encoded(payload: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(payload, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError) as error:
        raise NotificationError(f"the event is not valid JSON ({error})") from None


def _post(url: str, body: bytes) -> None:
    """Post with up to three attempts; after a read timeout there is none, as the server may have the event.

    Raises NotificationError.
    """
    import requests

    for pause in (*PAUSES, None):
        try:
            code = _status_in_time(url, body)
        except requests.ReadTimeout:
            raise NotificationError(f"{origin(url)} did not answer within {TIMEOUTS[1]:g} s") from None
        except TimeoutError:
            raise NotificationError(f"{origin(url)} had not answered after {DEADLINE:g} s") from None
        except requests.ConnectionError as error:
            trouble, final = f"could not be reached ({type(error).__name__})", False
        except (requests.RequestException, ValueError) as error:
            raise NotificationError(
                f"{origin(url)} is not an address to post to ({type(error).__name__})"
            ) from None
        else:
            if code < requests.codes.multiple_choices:
                return
            trouble, final = f"answered {code}", code < requests.codes.internal_server_error
            final = final and code != requests.codes.too_many_requests
        if final or pause is None:
            raise NotificationError(f"{origin(url)} {trouble}")
        time.sleep(pause)


def _status_in_time(url: str, body: bytes) -> int:
    """Post in a thread that ends with the process; raise TimeoutError if it takes longer than DEADLINE."""
    answer: Future[int] = Future()

    def post() -> None:
        try:
            answer.set_result(_status(url, body))
        except Exception as error:
            answer.set_exception(error)

    Thread(target=post, daemon=True).start()
    return answer.result(DEADLINE)


def _status(url: str, body: bytes) -> int:
    """Post and return the status code; the body, of any length, is not read."""
    import requests

    headers = {"Content-Type": "application/json"}
    with requests.post(
        url, data=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False, stream=True
    ) as response:
        return response.status_code


def _run(words: Sequence[str], body: bytes) -> None:
    """Run the command with the event on stdin; its stderr is shown. Raises NotificationError."""
    name = words[0]
    try:
        process = subprocess.Popen(  # noqa: S603
            list(words), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0
        )
    except (OSError, ValueError) as error:
        raise NotificationError(f"{name} could not be run ({error})") from None
    with process:
        try:
            process.communicate(body, COMMAND_TIMEOUT)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise NotificationError(
                f"{name} did not end within {COMMAND_TIMEOUT:g} s and was killed"
            ) from None
    if process.returncode:
        raise NotificationError(f"{name} failed (exit {process.returncode})")


@contextmanager
def _warned() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # the text of an unexpected error may contain the address
        what = error if isinstance(error, NotificationError) else f"unexpected {type(error).__name__}"
        warning = f"notification failed: {what}. The retraining is unaffected; see `notify` in params.yaml."
        err.print(warning, markup=False, highlight=False)
