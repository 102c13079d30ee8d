"""HTTP downloads with retries, resumption, limits of size and time, and a progress bar."""

from __future__ import annotations

import http.client
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from seqops.core.errors import SeqopsError, shortened
from seqops.core.files import READ_BYTES
from seqops.core.settings import DownloadSettings
from seqops.sources import answers
from seqops.sources.address import MOST_SHOWN, Address
from seqops.sources.answers import Validators
from seqops.sources.pace import Pace, TooSlowError
from seqops.sources.redirects import RefusedRedirectError, redirected
from seqops.sources.retries import RETRIES

LIMIT = 2 * 1024**3
"""Maximum size of a download and of an archive member, in bytes."""

DEFAULTS = DownloadSettings()
TIMEOUTS = (10.0, 30.0)
REDIRECTS = 10
ATTEMPTS = 5
AGAIN = "Check the URL, or try again later."


class TransferError(SeqopsError):
    """A download failed."""


def download(
    address: str,
    part: Path,
    console: Console,
    limit: int = LIMIT,
    current: Validators | None = None,
    settings: DownloadSettings = DEFAULTS,
) -> Validators | None:
    """Download a file, resuming a partial download of the same content.

    address: a URL, in which `$NAME` stands for an environment variable; part: the file to write; its ETag is
    kept beside it, because only that shows whether the rest still matches (RFC 9110, section 13.1.5);
    current: the validators of the file that need not be downloaded again. Returns the new validators; None
    if the file is unchanged. Raises TransferError, which shows the address as it is written.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    source, columns = Address(address), (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with (
        _in_words(source, limit),
        _session() as session,
        Progress(
            TextColumn("{task.description}", markup=False), *columns, console=console, transient=True
        ) as bars,
    ):
        bar = Bar(bars, bars.add_task(str(source).partition("?")[0].rpartition("/")[2], total=None))
        pace = Pace(settings)
        return pace.watch(lambda: _transfer(session, source, part, limit, current, pace, bar))


def forget(part: Path) -> None:
    """Remove a partial download."""
    part.unlink(missing_ok=True)
    _etag(part).unlink(missing_ok=True)


@dataclass(frozen=True)
class Bar:
    """One line of a progress display."""

    bars: Progress
    line: TaskID

    def show(self, done: int, total: int | None = None) -> None:
        """Show bytes that have come, of a total if it is given."""
        self.bars.update(self.line, completed=done, total=total)


class _TooLargeError(Exception):
    pass


class _InterruptedError(Exception):
    pass


@contextmanager
def _in_words(source: Address, limit: int) -> Iterator[None]:
    """Convert every exception of a transfer to TransferError, except errors of the file system."""
    try:
        yield
    except _TooLargeError:
        what, fix = f"is larger than the limit of {limit:,} bytes", "Name a smaller file."
    except _InterruptedError:
        what, fix = f"was interrupted {ATTEMPTS} times", "Try again: the download will resume."
    except TooSlowError as error:
        what, fix = str(error), "Try again: the download will resume; or change the setting."
    except RefusedRedirectError as error:
        what = shortened(source.shown(str(error)), MOST_SHOWN)
        fix = "Check the URL; if you trust the address, name it as the source."
    except answers.UnusableAnswerError as error:
        what, fix = shortened(source.shown(str(error)), MOST_SHOWN), AGAIN
    except requests.exceptions.SSLError:
        what = "has a certificate that is not trusted"
        fix = "Fix the certificate; do not disable verification."
    except requests.Timeout:
        what, fix = f"did not answer within {TIMEOUTS[1]:.0f} s", "Check the network, or try again later."
    except requests.ConnectionError:
        what, fix = "cannot be reached", "Check the URL and the network."
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        what, fix = f"cannot be requested ({type(error).__name__})", "Check the URL."
    except (http.client.HTTPException, ValueError, ArithmeticError) as error:
        what, fix = f"is no valid URL, or its answer is no HTTP ({type(error).__name__})", AGAIN
    else:
        return
    raise TransferError(f"{source} {what}. {fix}") from None


class _Session(requests.Session):
    """A session that leaves redirects to `_request`: requests would read their bodies, of any length."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _session() -> requests.Session:
    session = _Session()
    # it would log each retry and each odd header with the query, which may contain a token
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    # the length and the ETag of a compressed body differ from those of the file
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
    return session


def _transfer(
    session: requests.Session,
    source: Address,
    part: Path,
    limit: int,
    current: Validators | None,
    pace: Pace,
    bar: Bar,
) -> Validators | None:
    for _ in range(ATTEMPTS):
        pace.measure(False)
        with _request(session, source, _headers(part, current)) as response:
            answers.check_status(response)
            if response.status_code == answers.UNCHANGED:
                return None
            try:
                _receive(response, source, part, limit, pace, bar)
                return Validators.of(response)
            except answers.MismatchError:
                forget(part)
            except (urllib3.exceptions.HTTPError, requests.RequestException):
                continue
    raise _InterruptedError


def _headers(part: Path, current: Validators | None) -> dict[str, str]:
    etag, _ = _kept(part)
    if part.is_file() and etag:
        return {"Range": f"bytes={part.stat().st_size}-", "If-Range": etag}
    return current.conditional_headers() if current else {}


def _request(session: requests.Session, source: Address, headers: dict[str, str]) -> requests.Response:
    """Request a URL, and follow its redirects. Raises RefusedRedirectError."""
    url = source.url
    for _ in range(REDIRECTS + 1):
        response = session.get(url, headers=headers, stream=True, timeout=TIMEOUTS, allow_redirects=False)
        if response.status_code not in requests.models.REDIRECT_STATI:
            return response
        response.close()
        url = redirected(url, response.headers.get("Location", ""), source.url)
    raise RefusedRedirectError(f"redirects more than {REDIRECTS} times, at last to {url}")


def _receive(
    response: requests.Response, source: Address, part: Path, limit: int, pace: Pace, bar: Bar
) -> None:
    """Append the body to the partial file, or replace the file if the server sends all of it."""
    done = answers.resumed_at(response, part, *_kept(part))
    if done is None:
        return
    answers.check_encoding(response, source.text.partition("?")[0])
    total = answers.whole_length(response, done)
    _check_size(total or 0, limit)
    _remember(Validators.of(response).strong_etag, total, part)
    bar.show(done, total)
    pace.measure(True)
    with part.open("ab" if done else "wb") as file:
        # read1, because read waits for all of the bytes
        while chunk := response.raw.read1(READ_BYTES, decode_content=False):
            pace.received(len(chunk))
            done += len(chunk)
            _check_size(done, limit)
            file.write(chunk)
            bar.show(done, total)
    if done > (total or done):
        raise answers.MismatchError
    if done < (total or done):
        raise requests.ConnectionError


def _remember(etag: str, total: int | None, part: Path) -> None:
    """Keep the ETag of a partial file and, on a second line, the length of the whole file, if known."""
    if etag:
        _etag(part).write_text(f"{etag}\n{'' if total is None else total}", "ascii")
    else:
        _etag(part).unlink(missing_ok=True)


def _kept(part: Path) -> tuple[str, str]:
    kept = _etag(part).read_text("ascii", "ignore") if _etag(part).is_file() else ""
    etag, _, total = kept.partition("\n")
    return etag, total


def _etag(part: Path) -> Path:
    return part.with_name(part.name + ".etag")


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise _TooLargeError
