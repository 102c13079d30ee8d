"""Fetching sources and verifying their bytes, with a local server that misbehaves on request."""

import gzip
import hashlib
import importlib
import io
import os
import re
import shutil
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from rich.console import Console
from ruamel.yaml import YAML
from urllib3 import HTTPResponse

from archives import tarred, zipped
from http_server import serving
from seqops.core.errors import DataError, SeqopsError
from seqops.core.files import sha256_of
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.raw_folder import split_of
from seqops.core.redaction import redact
from seqops.preprocessing.archive import extract
from seqops.sources import http
from seqops.sources.catalog import read_catalog
from seqops.sources.fetch import MIRROR, Fetcher
from seqops.sources.http import TransferError, download
from seqops.sources.retries import RETRIES

BODY = bytes(range(256)) * 4000
GENERATED = {"counted": lambda: {"one.txt": b"1\n", "two.txt": b"2\n"}}


class Embedded:
    """What fetching uses of a task's data."""

    takes_folders = False

    def sample(self):
        return {"sample.txt": b"embedded\n"}


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`, unless `server.behave` handles the request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        if not self.server.behave(self):
            self.serve(self.server.files.get(self.path.partition("?")[0]))

    def serve(self, body, etag='"v1"'):
        if body is None:
            self.send_error(404)
            return
        range_header, start = self.headers.get("Range"), 0
        if range_header and self.headers.get("If-Range") == etag:
            start = int(range_header.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body) and start:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:])

    def cut(self, body, at):
        """Announce the whole body, and close the connection in the middle of it."""
        self.send_response(200)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:at])
        self.close_connection = True

    def log_message(self, *arguments):
        """Keep the test output clean."""


@pytest.fixture
def server():
    with serving(Handler, files={"/file.bin": BODY}, requests=[], behave=lambda handler: False) as started:
        started.url = started.origin
        yield started


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRROR, raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalog.yaml").write_text("{}\n")
    return Project(tmp_path)


def fetcher(project, source, console, **options):
    task = Task("letters", source, Embedded(), None, None, None, None, None, {})
    return Fetcher(project, task, console, project.task_paths(task.name).raw, **options)


def fetch(project, source, console, **options):
    files = fetcher(project, source, console, **options).run()
    return {file.path.name: file.path.read_bytes() for file in files}


def pin(project, **changed):
    entry = {
        "task": "letters",
        "file": "file.bin",
        "urls": [],
        "sha256": [hashlib.sha256(BODY).hexdigest()],
        "licence": "none",
        "citation": "none",
    }
    with project.catalog.open("w") as file:
        YAML().dump({"letters-1": {**entry, **changed}}, file)


# --- files that are already present


def not_modified(handler):
    """Answer as a server with ETags: 304 if the client has the current version."""
    current = handler.headers.get("If-None-Match") == '"v1"'
    if current:
        handler.send_response(304)
        handler.end_headers()
    return current


def test_a_current_file_is_not_downloaded_again(server, project, console):
    fetch(project, f"{server.url}/file.bin", console)
    server.behave = not_modified
    server.files["/file.bin"] = b"never sent"
    assert fetch(project, f"{server.url}/file.bin", console) == {"file.bin": BODY}


def test_a_file_that_was_modified_locally_is_downloaded_again(server, project, console):
    fetch(project, f"{server.url}/file.bin", console)
    (project.task_paths("letters").raw / "file.bin").write_bytes(b"altered by hand")
    server.behave = not_modified
    assert fetch(project, f"{server.url}/file.bin", console) == {"file.bin": BODY}


@pytest.mark.parametrize("damaged", [b"", b"{torn", b"[]"])
def test_without_stored_etags_the_file_is_downloaded_again(server, project, console, damaged):
    fetch(project, f"{server.url}/file.bin", console)
    (project.state / "etags" / "letters.json").write_bytes(damaged)
    server.behave = not_modified
    assert fetch(project, f"{server.url}/file.bin", console) == {"file.bin": BODY}


def test_etags_stored_by_an_earlier_release_are_moved_and_used(server, project, console):
    fetch(project, f"{server.url}/file.bin", console)
    (project.state / "etags").rename(project.state / "editions")
    asked = []

    def behave(handler):
        # before the answer, since the client goes on as soon as it has that
        asked.append(handler.headers.get("If-None-Match"))
        return not_modified(handler)

    server.behave = behave
    fetch(project, f"{server.url}/file.bin", console)
    assert asked == ['"v1"']
    assert [path.name for path in (project.state / "etags").iterdir()] == ["letters.json"]
    assert not list((project.state / "editions").iterdir())


def test_a_pinned_file_that_is_present_needs_no_network(server, project, console):
    pin(project, urls=[f"{server.url}/file.bin"])
    fetch(project, "letters-1", console)
    requests = len(server.requests)
    assert fetch(project, "letters-1", console) == {"file.bin": BODY}
    assert len(server.requests) == requests


def test_fetching_into_another_folder_does_not_change_the_present_file(server, project, console, tmp_path):
    fetch(project, f"{server.url}/file.bin", console)
    server.files["/file.bin"] = b"grown " + BODY
    task = Task("letters", f"{server.url}/file.bin", Embedded(), None, None, None, None, None, {})
    [fetched] = Fetcher(project, task, console, tmp_path / "incoming").run()
    assert fetched.path.read_bytes() == b"grown " + BODY
    assert (project.task_paths("letters").raw / "file.bin").read_bytes() == BODY


# --- the transfer


def test_a_file_is_downloaded_completely_and_leaves_no_part(server, project, console):
    assert fetch(project, f"{server.url}/file.bin", console) == {"file.bin": BODY}
    assert list(project.state.rglob("*.part*")) == []


def test_a_truncated_body_is_resumed_where_it_stopped(server, tmp_path, console):
    cuts = iter([300_000])

    def behave(handler):
        at = next(cuts, None)
        if at is not None:
            handler.cut(BODY, at)
        return at is not None

    server.behave = behave
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert (tmp_path / "part").read_bytes() == BODY
    first, second = (requests for _, requests in server.requests)
    assert first is None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 300_000


def test_an_interrupted_download_is_resumed(server, tmp_path, console):
    (tmp_path / "part").write_bytes(BODY[:1000])
    (tmp_path / "part.etag").write_text('"v1"')
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert server.requests == [("/file.bin", "bytes=1000-")]
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_complete_part_is_not_downloaded_again(server, tmp_path, console):
    (tmp_path / "part").write_bytes(BODY)
    (tmp_path / "part.etag").write_text('"v1"')
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert len(server.requests) == 1
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_of_another_version_is_discarded(server, tmp_path, console):
    (tmp_path / "part").write_bytes(b"x" * 1000)
    (tmp_path / "part.etag").write_text('"v0"')
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_without_an_etag_is_not_resumed(server, tmp_path, console):
    (tmp_path / "part").write_bytes(b"x" * 1000)
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert server.requests == [("/file.bin", None)]
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_body_that_is_always_truncated_is_reported(server, tmp_path, console):
    def behave(handler):
        handler.cut(BODY, 10)
        return True

    server.behave = behave
    with pytest.raises(TransferError, match="was interrupted 5 times"):
        download(f"{server.url}/file.bin", tmp_path / "part", console)


def test_a_request_to_a_busy_server_is_repeated(server, tmp_path, console):
    answers = iter([503, 503])

    def behave(handler):
        status = next(answers, None)
        if status:
            handler.send_response(status)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        return bool(status)

    server.behave = behave
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert len(server.requests) == 3
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_wait_that_a_busy_server_asks_for_is_said(monkeypatch, capsys):
    waits = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    RETRIES.sleep(HTTPResponse(status=503, headers={"Retry-After": "3600"}))
    assert waits == [20]
    message = "The server answers 503 and asks to wait: next attempt in 20 s.\n"
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("page", [b"<!DOCTYPE html>\n<p>", b"\xef\xbb\xbf\n<HTML lang=en>", b"<?xml?><html>"])
def test_a_web_page_in_place_of_a_file_is_refused_and_the_old_file_stays(server, project, console, page):
    fetch(project, f"{server.url}/file.bin", console)
    server.files["/file.bin"] = page
    (project.state / "etags" / "letters.json").unlink()
    with pytest.raises(SeqopsError, match=r"file\.bin is a web page \(HTML\), not the file itself"):
        fetch(project, f"{server.url}/file.bin", console)
    assert (project.task_paths("letters").raw / "file.bin").read_bytes() == BODY
    assert list(project.state.rglob("*.part*")) == []


@pytest.mark.parametrize(
    ("name", "text"), [("page.html", b"<html>"), ("tags.txt", b"<htmlish> <b>"), ("a.csv", b"")]
)
def test_a_file_that_only_resembles_a_web_page_is_kept(server, project, console, name, text):
    server.files[f"/{name}"] = text
    assert fetch(project, f"{server.url}/{name}", console) == {name: text}


def test_one_file_for_two_splits_is_refused(project, console):
    write_files(project, "data.txt")
    message = r"^tasks\.letters\.source names data\.txt for train and test\. Name a file for each split"
    with pytest.raises(SeqopsError, match=message):
        fetcher(project, {"train": "data.txt", "test": "data.txt"}, console).run()


def test_a_missing_page_is_reported_with_its_status(server, tmp_path, console):
    with pytest.raises(TransferError, match=r"/none answered 404 Not Found"):
        download(f"{server.url}/none", tmp_path / "part", console)


def test_a_redirect_loop_is_reported(server, tmp_path, console):
    def behave(handler):
        handler.send_response(302)
        handler.send_header("Location", "/round")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.behave = behave
    with pytest.raises(
        TransferError, match=r"redirects more than 10 times, at last to http://127\S+/round\."
    ):
        download(f"{server.url}/round", tmp_path / "part", console)


def test_a_server_that_never_answers_is_given_up(server, tmp_path, console, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUTS", (0.2, 0.2))
    monkeypatch.setattr(http, "RETRIES", 0)
    gate = threading.Event()

    def behave(handler):
        gate.wait(5)
        handler.close_connection = True
        return True

    server.behave = behave
    with pytest.raises(TransferError, match=r"did not answer within|cannot be reached"):
        download(f"{server.url}/file.bin", tmp_path / "part", console)
    gate.set()


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_over_the_limit_is_refused(server, tmp_path, console, announced):
    def behave(handler):
        if not announced:
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.wfile.write(BODY)
            handler.close_connection = True
        return not announced

    server.behave = behave
    with pytest.raises(TransferError, match="larger than the limit of 1,000 bytes"):
        download(f"{server.url}/file.bin", tmp_path / "part", console, limit=1000)
    part = tmp_path / "part"
    assert not part.exists() or part.stat().st_size <= 1000


def test_secrets_in_an_address_are_redacted(server, project, console):
    address = server.url.replace("http://", "http://ann:hush@") + "/none?token=s3cret&v=1"
    with pytest.raises(SeqopsError) as raised:
        fetch(project, address, console)
    message = str(raised.value)
    assert "hush" not in message and "s3cret" not in message and "ann" not in message
    assert "***@127.0.0.1" in message and "token=***" in message


# --- the sources


def test_samples_and_generated_data_need_no_network(project, console):
    assert fetch(project, "sample", console) == {"sample.txt": b"embedded\n"}
    assert fetch(project, "counted", console) == {"one.txt": b"1\n", "two.txt": b"2\n"}
    left = sorted(p.name for p in project.task_paths("letters").raw.iterdir())
    assert left == ["one.txt", "two.txt"]


def test_a_list_of_paths_is_copied(project, console):
    (project.root / "a.en").write_bytes(b"hello\n")
    (project.root / "a.es").write_bytes(b"hola\n")
    expected = {"a.en": b"hello\n", "a.es": b"hola\n"}
    assert fetch(project, ["a.en", str(project.root / "a.es")], console) == expected


def test_two_files_with_the_same_name_are_refused(project, console):
    for folder in ("x", "y"):
        (project.root / folder).mkdir()
        (project.root / folder / "a.csv").write_bytes(b"1\n")
    with pytest.raises(SeqopsError, match=r"two sources are both called a\.csv"):
        fetch(project, ["x/a.csv", "y/a.csv"], console)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.csv", "none.csv is not a file: Give the path"),
        ("data", "data is a folder: Give the path"),
        ("letters-2", "letters-2 is not a file: did you mean 'letters-1'"),
        ("http://127.0.0.1/", "does not name a file"),
        ("http://127.0.0.1/a%2Fb.csv", r"does not name a file \('a/b\.csv'\)"),
        ("http://127.0.0.1/..%5Cb.csv", r"does not name a file \('\.\."),
        ("http://127.0.0.1/a%00.csv", "does not name a file"),
        ("http://127.0.0.1/a%0A.csv", "does not name a file"),
        ("http://127.0.0.1/%FF.csv", "does not name a file"),
        ("http://127.0.0.1/a/..", "does not name a file"),
        ("http://127.0.0.1/%2E%2E", "does not name a file"),
        ("http://127.0.0.1/.hidden", "does not name a file"),
        ("http://127.0.0.1/%20", "does not name a file"),
        ([], "source is empty"),
    ],
)
def test_an_invalid_source_is_reported_and_the_old_file_stays(project, console, source, message):
    pin(project)
    fetch(project, "sample", console)
    with pytest.raises(SeqopsError, match=message):
        fetch(project, source, console)
    assert (project.task_paths("letters").raw / "sample.txt").read_bytes() == b"embedded\n"


def test_a_dataset_of_another_task_is_refused(project, console):
    pin(project, task="numbers")
    with pytest.raises(SeqopsError, match="letters-1 is a dataset of the task numbers"):
        fetch(project, "letters-1", console)


# --- the catalogue, checksums and the mirror


def test_a_wrong_checksum_is_refused_and_the_old_file_stays(server, project, console):
    pin(project, urls=[f"{server.url}/file.bin"])
    assert fetch(project, "letters-1", console) == {"file.bin": BODY}
    newer = hashlib.sha256(b"newer").hexdigest()
    pin(project, urls=[f"{server.url}/file.bin"], sha256=[newer])
    server.files["/file.bin"] = b"newel"
    with pytest.raises(SeqopsError) as raised:
        fetch(project, "letters-1", console)
    assert newer in str(raised.value)
    assert (project.task_paths("letters").raw / "file.bin").read_bytes() == BODY
    server.files["/file.bin"] = b"newer"
    assert fetch(project, "letters-1", console) == {"file.bin": b"newer"}


def test_if_one_file_of_two_fails_neither_is_changed(project, console):
    fetch(project, "counted", console)
    (project.root / "one.txt").write_bytes(b"new\n")
    with pytest.raises(SeqopsError):
        fetch(project, ["one.txt", "missing.txt"], console)
    assert (project.task_paths("letters").raw / "one.txt").read_bytes() == b"1\n"


def test_the_mirror_folder_is_tried_first_and_then_the_publisher(server, project, console, monkeypatch):
    pin(project, urls=[f"{server.url}/file.bin"])
    mirror = project.root / "mirror"
    (mirror / "letters").mkdir(parents=True)
    monkeypatch.setenv(MIRROR, str(mirror))
    (mirror / "letters" / "file.bin").write_bytes(BODY)
    fetch(project, "letters-1", console)
    assert server.requests == []
    (mirror / "letters" / "file.bin").write_bytes(b"damaged")
    (project.task_paths("letters").raw / "file.bin").unlink()
    assert fetch(project, "letters-1", console) == {"file.bin": BODY}
    assert len(server.requests) == 1


def test_a_mirror_can_be_an_address(server, project, console, monkeypatch):
    pin(project)
    server.files = {"/base/letters/file.bin": BODY}
    monkeypatch.setenv(MIRROR, f"{server.url}/base/")
    assert fetch(project, "letters-1", console) == {"file.bin": BODY}


def test_when_no_server_has_a_dataset_every_reason_is_reported(server, project, console, monkeypatch):
    pin(project, urls=[f"{server.url}/gone"], obtain="Write to its author.")
    monkeypatch.setenv(MIRROR, str(project.root / "nowhere"))
    with pytest.raises(SeqopsError) as raised:
        fetch(project, "letters-1", console)
    message = str(raised.value)
    assert "nowhere/letters/file.bin is not a file" in message
    assert "answered 404" in message
    assert message.endswith("Write to its author.")


def test_only_the_named_member_is_extracted_and_its_checksum_verified(server, project, console):
    content = zipped({"letters/file.bin": BODY, "../evil.txt": b"no", "/etc/evil": b"no"})
    server.files["/all.zip"] = content
    pin(project, file="all.zip", urls=[f"{server.url}/all.zip"], member="letters/file.bin")
    assert fetch(project, "letters-1", console) == {"file.bin": BODY}
    assert list(project.root.rglob("*evil*")) == []


# --- archives


@pytest.fixture(params=["zip", "tar"])
def packed(request, tmp_path):
    """Returns a function that writes a zip or tar archive."""

    def pack(members):
        path = tmp_path / f"archive.{request.param}"
        path.write_bytes(zipped(members) if request.param == "zip" else tarred(members))
        return path

    return pack


def test_a_member_is_extracted_completely(packed, tmp_path):
    extract(packed({"a/first.txt": b"1", "a/b.txt": BODY}), "a/b.txt", tmp_path / "out", 2**24)
    assert (tmp_path / "out").read_bytes() == BODY


@pytest.mark.parametrize("member", ["/etc/passwd", "../up.txt", "a/../../up.txt", "..\\up.txt", "c:/up.txt"])
def test_a_member_outside_the_archive_is_refused(packed, tmp_path, member):
    with pytest.raises(DataError, match="points outside the archive"):
        extract(packed({member: b"x"}), member, tmp_path / "out", 2**20)
    assert not (tmp_path / "out").exists()


def test_a_zip_bomb_is_refused_before_extraction(packed, tmp_path):
    bomb = packed({"big.txt": bytes(20_000_000)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(DataError, match="more than the limit of 1,000,000 bytes"):
        extract(bomb, "big.txt", tmp_path / "out", 1_000_000)
    assert not (tmp_path / "out").exists()


def test_a_zip_bomb_with_a_false_size_in_its_header_is_refused(tmp_path):
    content = bytearray(zipped({"big.txt": bytes(20_000_000)}))
    # the uncompressed size is at byte 22 of the local header and at byte 24 of the central one
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + offset, 10)
    (tmp_path / "lie.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"limit|broken archive"):
        extract(tmp_path / "lie.zip", "big.txt", tmp_path / "out", 1_000_000)
    assert (tmp_path / "out").stat().st_size <= 1_000_000


def test_a_zip_with_invalid_offsets_is_broken(tmp_path):
    content = bytearray(zipped({"a.txt": b"text"}))
    # the offset of the central directory is at byte 16 of the end record
    end = content.index(b"PK\x05\x06") + 16
    struct.pack_into("<I", content, end, struct.unpack_from("<I", content, end)[0] + 500)
    (tmp_path / "mine.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.zip: broken archive .*Download it again"):
        extract(tmp_path / "mine.zip", "a.txt", tmp_path / "out", 1000)


def test_members_before_the_requested_one_count_towards_the_limit_of_a_tar(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(tarred({"pad": bytes(20_000_000), "want.txt": b"x"}))
    with pytest.raises(DataError, match="limit of 1,000,000"):
        extract(tmp_path / "a.tar.gz", "want.txt", tmp_path / "out", 1_000_000)


def test_a_link_in_a_tar_is_not_followed(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("want.txt")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(info)
    with pytest.raises(DataError, match=r"no file 'want\.txt'"):
        extract(tmp_path / "a.tar.gz", "want.txt", tmp_path / "out", 2**20)


def test_a_missing_member_is_reported(packed, tmp_path):
    with pytest.raises(DataError, match=r"contains no file 'b\.txt'"):
        extract(packed({"a.txt": b"x"}), "b.txt", tmp_path / "out", 2**20)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_archive_is_reported(packed, tmp_path, keep):
    noise = b"".join(hashlib.sha256(bytes([i, i // 256])).digest() for i in range(256))
    path = packed({"a.txt": noise})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(DataError, match="broken archive"):
        extract(path, "a.txt", tmp_path / "out", 2**20)


def test_a_gzip_file_that_is_not_a_tar_is_its_own_member(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"just text"))
    extract(tmp_path / "a.txt.gz", "a.txt", tmp_path / "out", 1000)
    assert (tmp_path / "out").read_bytes() == b"just text"
    with pytest.raises(DataError, match="limit"):
        extract(tmp_path / "a.txt.gz", "a.txt", tmp_path / "out", 5)


# --- the catalogue of the project


def test_the_catalogue_lists_the_datasets(catalogue):
    assert sorted(catalogue) == [
        "airline-passengers",
        "amazon-reviews",
        "cifar10",
        "cifar10-jpeg",
        "cumsum",
        "cumsum-ten",
        "digits",
        "fashion-mnist-test-images",
        "fashion-mnist-test-labels",
        "fashion-mnist-train-images",
        "fashion-mnist-train-labels",
        "imdb",
        "klp2016",
        "m3-monthly",
        "m3-monthly-forecasts",
        "nietzsche",
        "rotten-tomatoes",
        "sine",
        "spa-eng",
        "sunspots",
        "tinyshakespeare",
    ]


def test_every_dataset_has_a_source_and_is_pinned(catalogue):
    for name, entry in catalogue.items():
        assert entry.urls or entry.obtain, name
        generated = getattr(
            importlib.import_module(f"seqops.tasks.{entry.task}.data.dataset"), "GENERATED", {}
        )
        assert bool(entry.sha256) != (name in generated), name
        assert entry.licence and entry.citation, name
        assert all(url.startswith("https://") for url in entry.urls), name


@pytest.fixture(scope="module")
def catalogue(request):
    return read_catalog(request.config.rootpath / "data" / "catalog.yaml")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sha256": ["abc"]}, r"letters-1\.sha256\.0: String should match"),
        ({"urls": ["ftp://x/y"]}, r"letters-1\.urls\.0: String should match"),
        ({"licens": "x"}, r"letters-1\.licens: Unexpected keyword"),
    ],
)
def test_an_invalid_entry_is_reported_with_its_key(project, changed, message):
    pin(project, **changed)
    with pytest.raises(SeqopsError, match=message):
        read_catalog(project.catalog)


def test_a_catalogue_that_is_not_yaml_is_reported(project):
    project.catalog.write_text("a: [1\nb: 2\n")
    with pytest.raises(SeqopsError, match=r"catalog\.yaml is not valid YAML"):
        read_catalog(project.catalog)


@pytest.mark.skipif(MIRROR not in os.environ, reason=f"{MIRROR} is not set: no published files to read")
def test_mirrored_files_have_the_pinned_content(catalogue, tmp_path, console, request):
    (tmp_path / "data").mkdir()
    shutil.copy(request.config.rootpath / "data" / "catalog.yaml", tmp_path / "data")
    names = [name for name, entry in catalogue.items() if entry.sha256]
    names.remove("cifar10")  # 170 MB, which no mirror of the tests has
    for name in names:
        task = Task(catalogue[name].task, name, Embedded(), None, None, None, None, None, {})
        [file] = Fetcher(Project(tmp_path), task, console, Project(tmp_path).task_paths(task.name).raw).run()
        assert file.origin.startswith(redact(os.environ[MIRROR])), name
        assert file.sha256 in catalogue[name].sha256
    assert len(names) == 16


# --- secrets


def test_a_variable_is_replaced_in_the_request_and_redacted_in_the_origin(
    server, project, console, monkeypatch
):
    monkeypatch.setenv("A_TOKEN", "s3cret")
    [file] = fetcher(project, f"{server.url}/file.bin?token=$A_TOKEN", console).run()
    assert server.requests[-1][0] == "/file.bin?token=s3cret"
    assert file.origin.endswith("/file.bin?token=***")


def test_a_variable_in_the_path_is_shown_nowhere(server, project, console, monkeypatch, capfd, caplog):
    monkeypatch.setenv("A_TOKEN", "s3 cret/x")
    server.behave = lambda handler: handler.path.startswith("/moved") and moved(handler)

    def moved(handler):
        handler.send_response(302)
        handler.send_header("Location", handler.path.replace("/moved", "ftp://h"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    for path in ("none/$A_TOKEN/a.csv", "moved/${A_TOKEN}/a.csv", "none/a.csv?x=$A_TOKEN"):
        with pytest.raises(SeqopsError, match=re.escape(f"/{path.partition('?')[0]}")) as raised:
            fetch(project, f"{server.url}/{path}", console)
        assert "cret" not in str(raised.value)
    assert {path.partition("?")[0] for path, _ in server.requests} == {
        "/none/s3%20cret/x/a.csv", "/moved/s3%20cret/x/a.csv", "/none/a.csv"
    }  # fmt: skip
    assert "cret" not in "".join(capfd.readouterr()) + caplog.text + console.file.getvalue()


def test_parameters_of_the_path_are_no_part_of_the_file_name(server, project, console, monkeypatch):
    monkeypatch.setenv("A_TOKEN", "s3cret")
    server.files = {"/file.bin;token=s3cret": BODY}
    assert fetch(project, f"{server.url}/file.bin;token=$A_TOKEN", console) == {"file.bin": BODY}


def test_a_password_can_come_from_netrc(server, project, console, monkeypatch, tmp_path):
    seen = []
    server.behave = lambda handler: seen.append(handler.headers.get("Authorization"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetch(project, f"{server.url}/file.bin", console)
    assert seen == ["Basic YW5uOmh1c2g="]


def test_retries_redirects_and_failures_show_no_secret(server, project, console, capfd, caplog):
    def behave(handler):
        if handler.path.startswith("/away"):
            handler.send_response(302)
            handler.send_header("Location", "http://ann:hush@127.0.0.1:9/none?token=s3cret")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            # closes the connection without an answer, so that the request is repeated
            handler.close_connection = True
        return True

    server.behave = behave
    for path in ("away", "none?token=s3cret"):
        with pytest.raises(SeqopsError) as raised:
            fetch(project, f"{server.url.replace('://', '://ann:hush@')}/{path}", console)
        assert "hush" not in str(raised.value) and "s3cret" not in str(raised.value)
    output = "".join(capfd.readouterr()) + caplog.text + console.file.getvalue()
    assert "hush" not in output and "s3cret" not in output
    written = [path.read_bytes() for path in project.root.rglob("*") if path.is_file()]
    assert not any(b"hush" in content or b"s3cret" in content for content in written)


def test_the_password_of_a_proxy_is_not_shown(project, console, monkeypatch, capfd):
    monkeypatch.setenv("http_proxy", "http://ann:hush@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(TransferError) as raised:
        fetch(project, "http://h.invalid/a.csv", console)
    assert "hush" not in str(raised.value) + "".join(capfd.readouterr())


# --- the order of the files, and splits that are named


def raw_names(project):
    folder = project.task_paths("letters").raw
    return [path.relative_to(folder).as_posix() for path in project.task_paths("letters").raw_files()]


def write_files(project, *names):
    for name in names:
        path = project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return list(names)


@pytest.mark.parametrize("names", [("part1", "part2", "part10"), ("corpus.fr", "corpus.en"), ("a", "b")])
def test_files_are_read_in_the_order_of_the_source(project, console, names):
    fetch(project, write_files(project, *names), console)
    assert raw_names(project) == list(names)


def test_another_order_of_the_same_files_changes_the_hash_of_the_folder(project, console):
    raw, found = project.task_paths("letters").raw, []
    for names in (("a", "b"), ("b", "a"), ("a", "b")):
        fetch(project, write_files(project, *names), console)
        found.append(sha256_of(raw))
    assert found[0] == found[2] != found[1]
    assert raw_names(project) == ["a", "b"]


def test_files_of_named_splits_may_have_one_name(project, console):
    write_files(project, "new/data.txt", "old/data.txt", "old/more.txt")
    source = {"test": "new/data.txt", "train": ["old/more.txt", "old/data.txt"]}
    files = fetcher(project, source, console).run()
    assert [file.path.read_text() for file in files] == ["old/more.txt", "old/data.txt", "new/data.txt"]
    assert raw_names(project) == ["train/more.txt", "train/data.txt", "test/data.txt"]
    assert [split_of(path) for path in project.task_paths("letters").raw_files()] == [
        "train",
        "train",
        "test",
    ]
    fetch(project, "old/more.txt", console)
    assert sorted(path.name for path in project.task_paths("letters").raw.iterdir()) == ["more.txt"]


def test_a_raw_file_that_is_gone_is_named(project, console):
    fetch(project, write_files(project, "b", "a"), console)
    (project.task_paths("letters").raw / "a").unlink()
    with pytest.raises(DataError, match=r"a does not exist\. Download it again"):
        raw_names(project)
