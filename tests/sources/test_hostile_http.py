"""Answers of a server that lies: the right file, or an error in words."""

import gzip
import io
from collections import Counter
from http.server import BaseHTTPRequestHandler

import pytest
from rich.console import Console

from archives import damaged
from http_server import serving
from seqops.sources import http
from seqops.sources.http import TransferError, download

BODY = b"0123456789" * 10
ZIPPED = gzip.compress(BODY, mtime=0)


class Handler(BaseHTTPRequestHandler):
    """Sends `server.answers` in turn, byte by byte as they are; the last one again and again."""

    def do_GET(self):
        self.server.ranges.append(self.headers.get("Range"))
        answers = self.server.answers
        self.wfile.write(answers.pop(0) if len(answers) > 1 else answers[0])

    def log_message(self, *arguments):
        """Keep the test output clean."""


def answer(status=b"200 OK", body=BODY, **headers):
    """Return an answer; a header that is None is left out."""
    headers = {"Content_Length": str(len(body)), "Connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None]
    return b"HTTP/1.1 " + status + b"\r\n" + "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(http, "RETRIES", 0)
    with serving(Handler, answers=[answer()], ranges=[]) as started:
        yield started


def fetched(server, folder, *answers, name="file.csv", **options):
    server.answers = list(answers)
    download(f"{server.origin}/{name}", folder / "part", Console(file=io.StringIO()), **options)
    return (folder / "part").read_bytes()


REFUSED = {
    "length ²": (answer(Content_Length="²"), "announces a length that is no number"),
    "length of 5,000 digits": (answer(Content_Length="9" * 5000), "announces a length that is no number"),
    "negative length": (answer(Content_Length="-5"), "announces a length that is no number"),
    "length over the limit": (answer(Content_Length="9" * 18), "larger than the limit"),
    "no content": (answer(b"204 No Content", b""), "answered 204 No Content"),
    "part that was not asked for": (answer(b"206 Partial Content"), "answered 206 Partial Content"),
    "unchanged, not asked for": (answer(b"304 Not Modified", b""), "answered 304 Not Modified"),
    "status 299": (answer(b"299 Odd"), "answered 299 Odd"),
    "status 300": (answer(b"300 Choices"), "answered 300 Choices"),
    "no location": (answer(b"302 Found"), "redirects without an address"),
    "empty location": (answer(b"302 Found", Location=""), "redirects without an address"),
    "no address": (answer(b"302 Found", Location="http://[::1"), r"redirects to 'http://\[::1', which is no"),
    "no host": (answer(b"302 Found", Location="http://"), "redirects more than 10 times"),
    "no port": (answer(b"302 Found", Location="http://h:x/a"), "redirects to 'http://h:x/a', which is no"),
    "file": (answer(b"302 Found", Location="file:///etc/passwd"), "which is no http address"),
    "location of 5,000 characters": (
        answer(b"302 Found", Location=f"http://127.0.0.2:1/{'a' * 5000}"), "cannot be reached",
    ),
    "no address, of 5,000 characters": (
        answer(b"302 Found", Location=f"ftp://h/{'a' * 5000}"), r"redirects to 'ftp://h/aaa.*…\. Check",
    ),
    "ftp": (answer(b"302 Found", Location="ftp://h/a"), "redirects to 'ftp://h/a', which is no http address"),
    "label of 70": (answer(b"302 Found", Location=f"http://{'a' * 70}.h/"), "URL|reached|requested"),
    "gzip not asked for": (answer(body=ZIPPED, Content_Encoding="gzip"), "sends the file compressed"),
    "unknown encoding": (answer(Content_Encoding="x"), "sends the file compressed"),
    "gzip on the way": (answer(body=ZIPPED, Transfer_Encoding="gzip"), "sends the file encoded"),
    "gzip in chunks": (
        answer(body=b"1\r\na\r\n0\r\n\r\n", Content_Length=None, Transfer_Encoding="gzip, chunked"),
        "sends the file encoded",
    ),
    "reason of 60 kB": (answer(b"404 " + b"x" * 60_000, b""), "answered 404 x{100}. Check"),
    "not HTTP": (b"SSH-2.0-OpenSSH\r\n", "cannot be reached"),
    "nothing": (b"", "cannot be reached"),
    "status of text": (b"HTTP/1.1 abc OK\r\n\r\n", "cannot be reached"),
    "header of 70 kB": (answer(X="a" * 70_000), "cannot be reached"),
    "300 headers": (answer(**{f"X{n}": "a" for n in range(300)}), "cannot be reached"),
    "chunk of a huge negative length": (
        answer(body=b"-" + b"f" * 20 + b"\r\n", Content_Length=None, Transfer_Encoding="chunked"),
        "no HTTP|was interrupted",
    ),
    "date beyond all calendars": (
        answer(b"503 Busy", Retry_After="Fri, 31 Dec 99999999999 23:59:59 GMT"),
        "no HTTP|answered 503",
    ),
    "chunk of no length": (
        answer(body=b"zz\r\n", Content_Length=None, Transfer_Encoding="chunked"), "was interrupted 5 times"
    ),
    "chunks that end": (
        answer(body=b"f\r\nabc", Content_Length=None, Transfer_Encoding="chunked"), "was interrupted 5 times"
    ),
    "body that ends": (answer(Content_Length="101"), "was interrupted 5 times"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_answer_is_refused_in_words(server, tmp_path, case):
    hostile, words = REFUSED[case]
    with pytest.raises(TransferError, match=words) as raised:
        fetched(server, tmp_path, hostile, limit=10**6)
    assert str(raised.value).startswith(f"{server.origin}/file.csv ")
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    "etag", ['"\xe9"', '"\N{SNOWMAN}"', '"\x7f"', 'W/"1"', '"' + "a" * 9000 + '"', "", "\x00"]
)
def test_an_etag_that_cannot_be_sent_back_is_ignored(server, tmp_path, etag):
    assert fetched(server, tmp_path, answer(ETag=etag, Last_Modified="\xe9")) == BODY
    assert fetched(server, tmp_path, answer(ETag=etag)) == BODY


def test_a_damaged_etag_beside_a_part_is_no_error(server, tmp_path):
    (tmp_path / "part").write_bytes(b"x")
    (tmp_path / "part.etag").write_bytes(b"\xff\n")
    assert fetched(server, tmp_path, answer()) == BODY
    assert server.ranges == [None]


def test_a_part_at_another_place_than_asked_for_is_not_appended(server, tmp_path):
    (tmp_path / "part").write_bytes(BODY[:50])
    (tmp_path / "part.etag").write_text('"1"')
    wrong = answer(b"206 Partial Content", BODY[60:], Content_Range="bytes 60-99/100")
    assert fetched(server, tmp_path, wrong, answer()) == BODY
    assert server.ranges == ["bytes=50-", None]


def test_a_part_of_another_file_is_not_appended(server, tmp_path):
    (tmp_path / "part").write_bytes(b"x" * 50)
    (tmp_path / "part.etag").write_text('"1"')
    other = answer(b"206 Partial Content", BODY[50:], Content_Range="bytes 50-99/100", ETag='"2"')
    assert fetched(server, tmp_path, other, answer()) == BODY
    assert server.ranges == ["bytes=50-", None]


@pytest.mark.parametrize(
    ("kept", "second"), [('"1"\n100', None), ('"1"\n', "bytes=100-"), ('"1"', "bytes=100-")]
)
def test_a_part_of_a_file_of_another_length_is_not_appended(server, tmp_path, kept, second):
    (tmp_path / "part").write_bytes(BODY[:50])
    (tmp_path / "part.etag").write_text(kept)
    longer = answer(b"206 Partial Content", BODY[50:], Content_Range="bytes 50-99/101", ETag='"1"')
    assert fetched(server, tmp_path, longer, answer()) == BODY
    assert server.ranges == ["bytes=50-", second]


@pytest.mark.parametrize("kept", ['"1"\n100', '"1"\n'])
def test_less_of_the_rest_than_was_asked_for_is_continued(server, tmp_path, kept):
    (tmp_path / "part").write_bytes(BODY[:50])
    (tmp_path / "part.etag").write_text(kept)
    some = answer(b"206 Partial Content", BODY[50:80], Content_Range="bytes 50-79/100", ETag='"1"')
    rest = answer(b"206 Partial Content", BODY[80:], Content_Range="bytes 80-99/100", ETag='"1"')
    assert fetched(server, tmp_path, some, rest) == BODY
    assert server.ranges == ["bytes=50-", "bytes=80-"]


def test_more_than_the_rest_is_not_appended(server, tmp_path):
    (tmp_path / "part").write_bytes(BODY[:50])
    (tmp_path / "part.etag").write_text('"1"\n100')
    more = answer(b"206 Partial Content", BODY[50:] + b"more", Content_Range="bytes 50-99/100", ETag='"1"')
    assert fetched(server, tmp_path, more, answer()) == BODY
    assert server.ranges == ["bytes=50-", None]


@pytest.mark.parametrize(("kept", "etag"), [('"1"\n100', '"1"'), ('"1"\n', '"2"')])
def test_a_part_of_another_length_or_file_is_not_taken_for_the_whole(server, tmp_path, kept, etag):
    (tmp_path / "part").write_bytes(BODY[:50])
    (tmp_path / "part.etag").write_text(kept)
    shrunk = answer(b"416 Range Not Satisfiable", b"", Content_Range="bytes */50", ETag=etag)
    assert fetched(server, tmp_path, shrunk, answer()) == BODY
    assert server.ranges == ["bytes=50-", None]


def test_blanks_around_a_length_are_no_part_of_it(server, tmp_path):
    assert fetched(server, tmp_path, answer(Content_Length=" 100\t")) == BODY


def test_a_resumed_transfer_of_a_compressed_file_continues_at_a_compressed_byte(server, tmp_path):
    labelled = {"ETag": '"1"', "Content_Encoding": "gzip"}
    cut = answer(body=ZIPPED[:20], **{**labelled, "Content_Length": str(len(ZIPPED))})
    span = f"bytes 20-{len(ZIPPED) - 1}/{len(ZIPPED)}"
    rest = answer(b"206 Partial Content", ZIPPED[20:], Content_Range=span, **labelled)
    assert fetched(server, tmp_path, cut, rest, name="file.tar.gz") == ZIPPED
    assert server.ranges == [None, "bytes=20-"]


def test_damaged_answers_give_a_file_or_an_error_in_words(server, tmp_path, monkeypatch):
    monkeypatch.setattr(http, "ATTEMPTS", 1)
    whole, ends = answer(ETag='"v1"', Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT"), Counter()
    moved = answer(b"302 Found", b"", Location="/other/place?x=1")
    for seed in range(120):
        http.forget(tmp_path / "part")
        try:
            fetched(server, tmp_path, damaged((whole, moved)[seed % 2], seed), answer(), limit=10**6)
            ends["file"] += 1
        except TransferError:
            ends["words"] += 1
    assert ends["file"] > 20 and ends["words"] > 20
