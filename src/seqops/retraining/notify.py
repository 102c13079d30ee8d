"""What a retraining came to -> a webhook and a command; neither can change it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from seqops.core.redaction import redact
from seqops.runtime.console import err

WEBHOOK = "SEQOPS_WEBHOOK"
TIMEOUTS = (5.0, 10.0)
"""To connect, and between two bytes of the answer: seconds."""

PAUSES = (0.5, 2.0)
"""Before the second and the third attempt: seconds."""

LONGEST = 30.0
"""What the command may take: seconds."""


class NotificationTargets(Protocol):
    """The `notify` section of params.yaml."""

    @property
    def webhook(self) -> str:
        """Where to post."""

    @property
    def command(self) -> Sequence[str]:
        """What to run."""

    @property
    def events(self) -> Sequence[str]:
        """Which outcomes to tell."""


class NotificationError(Exception):
    """A notification did not arrive."""


def notify(settings: NotificationTargets, event: Mapping[str, Any]) -> None:
    """Post the event as JSON and give it to the command, where its `outcome` is among the chosen ones.

    `time` (UTC) and `text`, a sentence for receivers that show one, are added where they are missing.
    Whatever goes wrong is a warning on stderr.
    """
    if event["outcome"] not in settings.events:
        return
    told = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "text": sentence(event), **event}
    url = os.environ.get(WEBHOOK) or settings.webhook
    with _warned():
        body = _encoded(told)
        if url:
            with _warned():
                _post(url, body)
        if settings.command:
            _give(settings.command, body)


def sentence(event: Mapping[str, Any]) -> str:
    """Say what happened in one line."""
    version = f" version {event['version']}" if event.get("version") else ""
    reason = f": {event['reason']}" if event.get("reason") else ""
    return f"seqops {event['task']}: {event['outcome']}{version}{reason}"


def origin(url: str) -> str:
    """Return scheme and host alone, because the path of a webhook is often its secret."""
    with suppress(ValueError):
        parts = urlsplit(redact(url))
        if parts.scheme in ("http", "https") and parts.netloc:
            return f"{parts.scheme}://{parts.netloc}"
    return "the webhook"


def _encoded(told: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(told, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError) as error:
        raise NotificationError(f"the event is no JSON ({error})") from None


def _post(url: str, body: bytes) -> None:
    """Try up to three times; what the server takes too long to answer is not sent twice.

    Raises NotificationError.
    """
    import requests

    for pause in (*PAUSES, None):
        try:
            code = _status(url, body)
        except requests.ReadTimeout:
            raise NotificationError(f"{origin(url)} did not answer within {TIMEOUTS[1]:g} s") from None
        except requests.ConnectionError as error:
            trouble, hopeless = f"could not be reached ({type(error).__name__})", False
        except (requests.RequestException, ValueError) as error:
            raise NotificationError(
                f"{origin(url)} is no address to post to ({type(error).__name__})"
            ) from None
        else:
            if code < requests.codes.multiple_choices:
                return
            trouble, hopeless = f"answered {code}", code < requests.codes.internal_server_error
            hopeless = hopeless and code != requests.codes.too_many_requests
        if hopeless or pause is None:
            raise NotificationError(f"{origin(url)} {trouble}")
        time.sleep(pause)


def _status(url: str, body: bytes) -> int:
    """Post, and return the code; the answer stays unread, for it may be as long as the server likes."""
    import requests

    headers = {"Content-Type": "application/json"}
    with requests.post(
        url, data=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False, stream=True
    ) as response:
        return response.status_code


def _give(words: Sequence[str], body: bytes) -> None:
    """Run the command with the event on its standard input; its stderr is shown. Raises NotificationError."""
    name = words[0]
    try:
        process = subprocess.Popen(  # noqa: S603
            list(words), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0
        )
    except (OSError, ValueError) as error:
        raise NotificationError(f"{name} could not be run ({error})") from None
    with process:
        try:
            process.communicate(body, LONGEST)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise NotificationError(f"{name} did not end within {LONGEST:g} s and was killed") from None
    if process.returncode:
        raise NotificationError(f"{name} failed (exit {process.returncode})")


@contextmanager
def _warned() -> Iterator[None]:
    try:
        yield
    except NotificationError as error:
        said = f"nobody was told: {error}. The outcome stands; see `notify` in params.yaml."
        err.print(said, markup=False, highlight=False)
