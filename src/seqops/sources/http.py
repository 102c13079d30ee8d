"""An http(s) address -> a file: retried, resumed, bounded, shown."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from urllib3.util import Retry

from seqops.core.errors import SeqopsError
from seqops.core.redaction import redact

LIMIT = 2 * 1024**3
"""No download, and no archive member, may be larger: bytes."""

TIMEOUTS = (10.0, 30.0)
REDIRECTS = 10
ATTEMPTS = 5
CHUNK = 1 << 18
RETRIES = Retry(
    total=None,
    connect=2,
    read=2,
    redirect=None,
    status=4,
    backoff_factor=0.3,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET",),
    raise_on_status=False,
    retry_after_max=20,
)


class TransferError(SeqopsError):
    """An address did not give its file."""


@dataclass(frozen=True)
class Validators:
    """What a server says of the file that it gives (RFC 9110, section 8.8); empty: nothing."""

    etag: str
    modified: str

    def conditional_headers(self) -> dict[str, str]:
        """Ask for the file only where it is another one by now (RFC 9110, section 13.1)."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


def download(
    url: str, part: Path, console: Console, limit: int = LIMIT, current: Validators | None = None
) -> Validators | None:
    """Bring a file, going on where an earlier, cut transfer of the same content stopped.

    part: the file to write; its ETag is kept beside it, because only that tells whether the rest still
    fits (RFC 9110, section 13.1.5); current: the edition that need not be brought again. Returns the edition
    that was brought; None where it is the one held. Raises TransferError, secrets of the URL masked.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with _session() as session, Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(Path(urlsplit(url).path).name or "download", total=None)
        for _ in range(ATTEMPTS):
            response = _ask(session, url, part, current)
            if response.status_code == requests.codes.not_modified:
                return None
            try:
                _receive(response, part, bars, bar, limit)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                continue
            return Validators(*(response.headers.get(name, "") for name in ("ETag", "Last-Modified")))
    raise _refusal(url, f"broke off {ATTEMPTS} times", "Try again: it will go on there.")


def forget(part: Path) -> None:
    """Remove what a transfer has left."""
    part.unlink(missing_ok=True)
    _etag(part).unlink(missing_ok=True)


def _session() -> requests.Session:
    session = requests.Session()
    session.max_redirects = REDIRECTS
    # it would tell of each retry with the query, and the token in it
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    # a compressed body has another length and another ETag than the file
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
    return session


def _ask(session: requests.Session, url: str, part: Path, current: Validators | None) -> requests.Response:
    headers = current.conditional_headers() if current else {}
    if part.is_file() and _etag(part).is_file():
        headers = {"Range": f"bytes={part.stat().st_size}-", "If-Range": _etag(part).read_text("ascii")}
    try:
        response = session.get(url, headers=headers, stream=True, timeout=TIMEOUTS)
    except requests.TooManyRedirects:
        raise _refusal(url, f"redirects in circles (over {REDIRECTS} times)", "Mend the address.") from None
    except requests.exceptions.SSLError:
        raise _refusal(url, "has a certificate that is not trusted", "Mend it; do not go round it.") from None
    except requests.Timeout:
        raise _refusal(
            url, f"did not answer within {TIMEOUTS[1]:.0f} s", "Check the network, or try later."
        ) from None
    except requests.ConnectionError:
        raise _refusal(url, "cannot be reached", "Check the address and the network.") from None
    except requests.RequestException as error:
        raise _refusal(url, f"cannot be asked ({type(error).__name__})", "Check the address.") from None
    if response.status_code == requests.codes.requested_range_not_satisfiable:
        return response
    if not response.ok:
        answer = f"answered {response.status_code} {response.reason}"
        raise _refusal(url, answer, "Check the address, or try later.")
    return response


def _receive(response: requests.Response, part: Path, bars: Progress, bar: TaskID, limit: int) -> None:
    """Append the body to the part, or write it anew where the server sends the whole."""
    with response:
        done = part.stat().st_size if part.is_file() else 0
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            if whole == str(done):
                return
            forget(part)
            raise requests.ConnectionError("the part does not fit")
        resumed = response.status_code == requests.codes.partial_content
        done = done if resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length and length.isdigit() else None
        _refuse_large(response.url, total or 0, limit)
        _remember(response, part)
        bars.update(bar, total=total, completed=done)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_content(CHUNK):
                done += len(chunk)
                _refuse_large(response.url, done, limit)
                file.write(chunk)
                bars.update(bar, completed=done)


def _remember(response: requests.Response, part: Path) -> None:
    etag = response.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        _etag(part).write_text(etag, "ascii")
    else:
        _etag(part).unlink(missing_ok=True)


def _etag(part: Path) -> Path:
    return part.with_name(part.name + ".etag")


def _refuse_large(url: str, size: int, limit: int) -> None:
    if size > limit:
        raise _refusal(url, f"is larger than the limit of {limit:,} bytes", "Name a smaller file.")


def _refusal(url: str, what: str, fix: str) -> TransferError:
    return TransferError(f"{redact(url)} {what}. {fix}")
