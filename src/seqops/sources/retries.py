"""Repeated requests to a server that is busy or fails, and what is printed while it is waited for."""

from __future__ import annotations

from typing import Any

from urllib3.util import Retry

from seqops.runtime.console import err

LONGEST_WAIT = 20
"""Seconds that a server can ask to wait before a request is repeated."""


class AnnouncedRetry(Retry):
    """Retries that say when they wait because the server asks for it."""

    def sleep_for_retry(self, response: Any) -> bool:
        """Wait as long as `Retry-After` of an answer says, up to LONGEST_WAIT; return whether it says so."""
        if seconds := self.get_retry_after(response):
            err.print(
                f"The server answers {response.status} and asks to wait: next attempt in {seconds:.0f} s.",
                markup=False,
                highlight=False,
            )
        return super().sleep_for_retry(response)


RETRIES = AnnouncedRetry(
    total=None,
    connect=2,
    read=2,
    redirect=None,
    status=4,
    backoff_factor=0.3,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET",),
    raise_on_status=False,
    retry_after_max=LONGEST_WAIT,
)
