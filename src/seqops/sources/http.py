"""HTTP downloads with retries, resumption, a size limit and a progress bar."""

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
from seqops.core.files import READ_BYTES
from seqops.core.redaction import redact

LIMIT = 2 * 1024**3
"""Maximum size of a download and of an archive member, in bytes."""

TIMEOUTS = (10.0, 30.0)
REDIRECTS = 10
ATTEMPTS = 5
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
    """A download failed."""


@dataclass(frozen=True)
class Validators:
    """The validators of a downloaded file (RFC 9110, section 8.8); empty: the server sent none."""

    etag: str
    modified: str

    def conditional_headers(self) -> dict[str, str]:
        """Return the headers that request the file only if it has changed (RFC 9110, section 13.1)."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}


def download(
    url: str, part: Path, console: Console, limit: int = LIMIT, current: Validators | None = None
) -> Validators | None:
    """Download a file, resuming a partial download of the same content.

    part: the file to write; its ETag is kept beside it, because only that shows whether the rest still
    matches (RFC 9110, section 13.1.5); current: the validators of the file that need not be downloaded
    again. Returns the new validators; None if the file is unchanged. Raises TransferError, with the secrets
    of the URL masked.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with _session() as session, Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(Path(urlsplit(url).path).name or "download", total=None)
        for _ in range(ATTEMPTS):
            response = _request(session, url, part, current)
            if response.status_code == requests.codes.not_modified:
                return None
            try:
                _receive(response, part, bars, bar, limit)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                continue
            return Validators(*(response.headers.get(name, "") for name in ("ETag", "Last-Modified")))
    raise _failure(url, f"was interrupted {ATTEMPTS} times", "Try again: the download will resume.")


def forget(part: Path) -> None:
    """Remove a partial download."""
    part.unlink(missing_ok=True)
    _etag(part).unlink(missing_ok=True)


def _session() -> requests.Session:
    session = requests.Session()
    session.max_redirects = REDIRECTS
    # it would log each retry with the query, which may contain a token
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    # the length and the ETag of a compressed body differ from those of the file
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
    return session


def _request(
    session: requests.Session, url: str, part: Path, current: Validators | None
) -> requests.Response:
    headers = current.conditional_headers() if current else {}
    if part.is_file() and _etag(part).is_file():
        headers = {"Range": f"bytes={part.stat().st_size}-", "If-Range": _etag(part).read_text("ascii")}
    try:
        response = session.get(url, headers=headers, stream=True, timeout=TIMEOUTS)
    except requests.TooManyRedirects:
        raise _failure(url, f"redirects in a loop (over {REDIRECTS} times)", "Fix the URL.") from None
    except requests.exceptions.SSLError:
        raise _failure(
            url,
            "has a certificate that is not trusted",
            "Fix the certificate; do not disable verification.",
        ) from None
    except requests.Timeout:
        raise _failure(
            url, f"did not answer within {TIMEOUTS[1]:.0f} s", "Check the network, or try again later."
        ) from None
    except requests.ConnectionError:
        raise _failure(url, "cannot be reached", "Check the URL and the network.") from None
    except requests.RequestException as error:
        raise _failure(url, f"cannot be requested ({type(error).__name__})", "Check the URL.") from None
    if response.status_code == requests.codes.requested_range_not_satisfiable:
        return response
    if not response.ok:
        status = f"answered {response.status_code} {response.reason}"
        raise _failure(url, status, "Check the URL, or try again later.")
    return response


def _receive(response: requests.Response, part: Path, bars: Progress, bar: TaskID, limit: int) -> None:
    """Append the body to the partial file, or replace the file if the server sends all of it."""
    with response:
        done = part.stat().st_size if part.is_file() else 0
        whole = response.headers.get("Content-Range", "").rpartition("/")[2]
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            if whole == str(done):
                return
            forget(part)
            raise requests.ConnectionError("the partial file does not match")
        resumed = response.status_code == requests.codes.partial_content
        done = done if resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length and length.isdigit() else None
        _check_size(response.url, total or 0, limit)
        _remember(response, part)
        bars.update(bar, total=total, completed=done)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_content(READ_BYTES):
                done += len(chunk)
                _check_size(response.url, done, limit)
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


def _check_size(url: str, size: int, limit: int) -> None:
    if size > limit:
        raise _failure(url, f"is larger than the limit of {limit:,} bytes", "Name a smaller file.")


def _failure(url: str, what: str, fix: str) -> TransferError:
    return TransferError(f"{redact(url)} {what}. {fix}")
