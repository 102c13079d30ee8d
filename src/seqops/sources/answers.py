"""What an HTTP answer says about its body, read with suspicion (RFC 9110)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import requests

from seqops.core.errors import quoted

OK, PARTIAL, UNCHANGED, NO_RANGE = (
    requests.codes.ok,
    requests.codes.partial_content,
    requests.codes.not_modified,
    requests.codes.requested_range_not_satisfiable,
)
LENGTH = re.compile(r"[0-9]{1,18}")
RANGE = re.compile(r"bytes (?:([0-9]{1,18})-[0-9]{1,18}|\*)/([0-9]{1,18}|\*)")
GZIPPED = (".gz", ".tgz")


class UnusableAnswerError(Exception):
    """An answer whose body cannot be the file; its text says why."""


class MismatchError(Exception):
    """An answer does not continue the partial file."""


@dataclass(frozen=True)
class Validators:
    """The validators of a downloaded file (RFC 9110, section 8.8); empty: the server sent none."""

    etag: str
    modified: str

    @classmethod
    def of(cls, response: requests.Response) -> Validators:
        """Return those of an answer; one that cannot be sent back as it is counts as none."""
        sent = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        return cls(*(text if text.isascii() and text.isprintable() else "" for text in sent))

    @property
    def strong_etag(self) -> str:
        """The ETag, if equal ETags mean equal bytes."""
        return "" if self.etag.startswith("W/") else self.etag

    def conditional_headers(self) -> dict[str, str]:
        """Return the headers that request the file only if it has changed (RFC 9110, section 13.1)."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}


def check_status(response: requests.Response) -> None:
    """Raise UnusableAnswerError for a status that does not answer what was asked for."""
    asked, expected = response.request.headers, {OK}
    if "Range" in asked:
        expected |= {PARTIAL, NO_RANGE}
    if "If-None-Match" in asked or "If-Modified-Since" in asked:
        expected |= {UNCHANGED}
    if response.status_code not in expected:
        raise UnusableAnswerError(f"answered {response.status_code} {(response.reason or '')[:100]}")


def check_encoding(response: requests.Response, name: str) -> None:
    """Raise UnusableAnswerError if the body is compressed although `identity` was asked for.

    Some servers name the compression of a file here that is itself compressed: that one is stored as it is.
    """
    transfer = response.headers.get("Transfer-Encoding", "").strip().lower()
    if transfer not in ("", "chunked"):
        raise UnusableAnswerError(f"sends the file encoded ({quoted(transfer)}), which was not asked for")
    encoding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    itself = encoding in ("gzip", "x-gzip") and name.endswith(GZIPPED)
    if encoding != "identity" and not itself:
        raise UnusableAnswerError(f"sends the file compressed ({quoted(encoding)}), which was not asked for")


def announced_length(response: requests.Response) -> int | None:
    """Return the bytes of the body, if announced. Raises UnusableAnswerError if they are no number."""
    length = response.headers.get("Content-Length")
    if length is None:
        return None
    length = length.strip(" \t")
    if not LENGTH.fullmatch(length):
        raise UnusableAnswerError(f"announces a length that is no number ({quoted(length)})")
    return int(length)


def resumed_at(response: requests.Response, part: Path, etag: str, total: str = "") -> int | None:
    """Return where the body continues the partial file, 0: nowhere; None: the partial file is complete.

    etag, total: those of the partial file, total being the length of the whole; empty: unknown. Raises
    MismatchError if the server sends another range, or a part of another file.
    """
    if response.status_code == OK:
        return 0
    done, (start, whole) = part.stat().st_size, _range(response)
    same = Validators.of(response).etag in ("", etag)
    same = same and (not total or whole in ("*", total))
    if response.status_code == NO_RANGE and whole == str(done) and same:
        return None
    if response.status_code == PARTIAL and start == str(done) and same:
        return done
    raise MismatchError


def whole_length(response: requests.Response, done: int) -> int | None:
    """Return the bytes of the whole file, if known; done: those that precede the body.

    A server may send less of the rest than it was asked for (RFC 9110, section 14.2). Raises
    UnusableAnswerError like `announced_length`.
    """
    length, (_, whole) = announced_length(response), _range(response)
    if response.status_code == PARTIAL and whole not in (None, "*"):
        return int(whole)
    return None if length is None else done + length


def _range(response: requests.Response) -> tuple[str, str] | tuple[None, None]:
    """Return where the body starts and the length of the whole, as Content-Range writes them."""
    found = RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return (found[1], found[2]) if found else (None, None)
