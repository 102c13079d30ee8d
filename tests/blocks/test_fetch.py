"""Sources to verified bytes, against a server on this machine that misbehaves as it is told to."""

import gzip
import hashlib
import importlib
import io
import os
import shutil
import struct
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rich.console import Console
from ruamel.yaml import YAML

from seqops.core.errors import DataError, SeqopsError
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.redaction import redact
from seqops.preprocessing.archive import extract
from seqops.sources import http
from seqops.sources.catalog import read_catalog
from seqops.sources.fetch import MIRROR, Fetcher
from seqops.sources.http import TransferError, download

BODY = bytes(range(256)) * 4000
GENERATED = {"counted": lambda: {"one.txt": b"1\n", "two.txt": b"2\n"}}


class Embedded:
    """The one method that fetching needs of a task's data."""

    def sample(self):
        return {"sample.txt": b"embedded\n"}


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`; `server.behave` may answer a request otherwise."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        if not self.server.behave(self):
            self.serve(self.server.files.get(self.path.partition("?")[0]))

    def serve(self, body, etag='"v1"'):
        if body is None:
            self.send_error(404)
            return
        wanted, start = self.headers.get("Range"), 0
        if wanted and self.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
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
        """Promise the whole body, and hang up in the middle of it."""
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
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.files, serving.asked = {"/file.bin": BODY}, []
    serving.behave = lambda handler: False
    serving.url = f"http://127.0.0.1:{serving.server_address[1]}"
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRROR, raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalog.yaml").write_text("{}\n")
    return Project(tmp_path)


def fetcher(store, source, console, **options):
    task = Task("letters", source, Embedded(), None, None, None, None, None, {})
    return Fetcher(store, task, console, store.task_paths(task.name).raw, **options)


def fetch(store, source, console, **options):
    files = fetcher(store, source, console, **options).run()
    return {file.path.name: file.path.read_bytes() for file in files}


def pin(store, **changed):
    entry = {
        "task": "letters",
        "file": "file.bin",
        "urls": [],
        "sha256": [hashlib.sha256(BODY).hexdigest()],
        "licence": "none",
        "citation": "none",
    }
    with store.catalog.open("w") as file:
        YAML().dump({"letters-1": {**entry, **changed}}, file)


def zipped(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return content.getvalue()


def tarred(members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return content.getvalue()


# --- what is held already


def not_modified(handler):
    """Answer as a server that has ETags: 304 where the client holds the present one."""
    held = handler.headers.get("If-None-Match") == '"v1"'
    if held:
        handler.send_response(304)
        handler.end_headers()
    return held


def test_a_file_that_is_held_is_not_brought_again(server, store, console):
    fetch(store, f"{server.url}/file.bin", console)
    server.behave = not_modified
    server.files["/file.bin"] = b"never sent"
    assert fetch(store, f"{server.url}/file.bin", console) == {"file.bin": BODY}


def test_a_held_file_that_was_altered_is_brought_again(server, store, console):
    fetch(store, f"{server.url}/file.bin", console)
    (store.task_paths("letters").raw / "file.bin").write_bytes(b"altered by hand")
    server.behave = not_modified
    assert fetch(store, f"{server.url}/file.bin", console) == {"file.bin": BODY}


@pytest.mark.parametrize("lost", [b"", b"{torn", b"[]"])
def test_a_lost_record_of_etags_costs_a_transfer_and_no_more(server, store, console, lost):
    fetch(store, f"{server.url}/file.bin", console)
    (store.state / "etags" / "letters.json").write_bytes(lost)
    server.behave = not_modified
    assert fetch(store, f"{server.url}/file.bin", console) == {"file.bin": BODY}


def test_the_record_of_an_earlier_release_is_moved_and_used(server, store, console):
    fetch(store, f"{server.url}/file.bin", console)
    (store.state / "etags").rename(store.state / "editions")
    held = []
    server.behave = lambda handler: held.append(not_modified(handler)) or held[-1]
    fetch(store, f"{server.url}/file.bin", console)
    assert held == [True]
    assert [path.name for path in (store.state / "etags").iterdir()] == ["letters.json"]
    assert not list((store.state / "editions").iterdir())


def test_a_pinned_file_that_is_held_needs_no_network(server, store, console):
    pin(store, urls=[f"{server.url}/file.bin"])
    fetch(store, "letters-1", console)
    asked = len(server.asked)
    assert fetch(store, "letters-1", console) == {"file.bin": BODY}
    assert len(server.asked) == asked


def test_what_is_brought_elsewhere_leaves_the_held_file_alone(server, store, console, tmp_path):
    fetch(store, f"{server.url}/file.bin", console)
    server.files["/file.bin"] = b"grown " + BODY
    task = Task("letters", f"{server.url}/file.bin", Embedded(), None, None, None, None, None, {})
    [brought] = Fetcher(store, task, console, tmp_path / "incoming").run()
    assert brought.path.read_bytes() == b"grown " + BODY
    assert (store.task_paths("letters").raw / "file.bin").read_bytes() == BODY


# --- the transfer


def test_a_file_arrives_whole_and_leaves_no_part(server, store, console):
    assert fetch(store, f"{server.url}/file.bin", console) == {"file.bin": BODY}
    assert list(store.state.rglob("*.part*")) == []


def test_a_body_cut_short_is_gone_on_with_where_it_stopped(server, tmp_path, console):
    cuts = iter([300_000])

    def behave(handler):
        at = next(cuts, None)
        if at is not None:
            handler.cut(BODY, at)
        return at is not None

    server.behave = behave
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert (tmp_path / "part").read_bytes() == BODY
    first, second = (asked for _, asked in server.asked)
    assert first is None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 300_000


def test_a_transfer_that_was_killed_is_gone_on_with(server, tmp_path, console):
    (tmp_path / "part").write_bytes(BODY[:1000])
    (tmp_path / "part.etag").write_text('"v1"')
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert server.asked == [("/file.bin", "bytes=1000-")]
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_that_is_complete_is_not_asked_for_again(server, tmp_path, console):
    (tmp_path / "part").write_bytes(BODY)
    (tmp_path / "part.etag").write_text('"v1"')
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert len(server.asked) == 1
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_of_another_version_is_thrown_away(server, tmp_path, console):
    (tmp_path / "part").write_bytes(b"x" * 1000)
    (tmp_path / "part.etag").write_text('"v0"')
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_without_an_etag_is_never_gone_on_with(server, tmp_path, console):
    (tmp_path / "part").write_bytes(b"x" * 1000)
    download(f"{server.url}/file.bin", tmp_path / "part", console)
    assert server.asked == [("/file.bin", None)]
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_body_that_is_always_cut_is_told(server, tmp_path, console):
    def behave(handler):
        handler.cut(BODY, 10)
        return True

    server.behave = behave
    with pytest.raises(TransferError, match="was interrupted 5 times"):
        download(f"{server.url}/file.bin", tmp_path / "part", console)


def test_a_busy_server_is_asked_again(server, tmp_path, console):
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
    assert len(server.asked) == 3
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_missing_page_is_told_by_its_status(server, tmp_path, console):
    with pytest.raises(TransferError, match=r"/none answered 404 Not Found"):
        download(f"{server.url}/none", tmp_path / "part", console)


def test_redirects_in_a_circle_are_told(server, tmp_path, console):
    def behave(handler):
        handler.send_response(302)
        handler.send_header("Location", "/round")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.behave = behave
    with pytest.raises(TransferError, match=r"redirects in a loop \(over 10 times\)"):
        download(f"{server.url}/round", tmp_path / "part", console)


def test_a_server_that_never_answers_is_left(server, tmp_path, console, monkeypatch):
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


def test_secrets_of_an_address_are_masked(server, store, console):
    address = server.url.replace("http://", "http://ann:hush@") + "/none?token=s3cret&v=1"
    with pytest.raises(SeqopsError) as raised:
        fetch(store, address, console)
    told = str(raised.value)
    assert "hush" not in told and "s3cret" not in told and "ann" not in told
    assert "***@127.0.0.1" in told and "token=***" in told


# --- the sources


def test_the_sample_and_what_a_task_generates_need_no_network(store, console):
    assert fetch(store, "sample", console) == {"sample.txt": b"embedded\n"}
    assert fetch(store, "counted", console) == {"one.txt": b"1\n", "two.txt": b"2\n"}
    left = sorted(p.name for p in store.task_paths("letters").raw.iterdir())
    assert left == ["one.txt", "two.txt"]


def test_a_list_of_paths_is_copied(store, console):
    (store.root / "a.en").write_bytes(b"hello\n")
    (store.root / "a.es").write_bytes(b"hola\n")
    expected = {"a.en": b"hello\n", "a.es": b"hola\n"}
    assert fetch(store, ["a.en", str(store.root / "a.es")], console) == expected


def test_two_files_of_one_name_are_refused(store, console):
    for folder in ("x", "y"):
        (store.root / folder).mkdir()
        (store.root / folder / "a.csv").write_bytes(b"1\n")
    with pytest.raises(SeqopsError, match=r"two sources are both called a\.csv"):
        fetch(store, ["x/a.csv", "y/a.csv"], console)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("none.csv", "none.csv is not a file: Give the path"),
        ("data", "data is a folder: Give the path"),
        ("letters-2", "letters-2 is not a file: did you mean 'letters-1'"),
        ("http://127.0.0.1/", "does not name a file"),
        ([], "source is empty"),
    ],
)
def test_a_source_that_is_nothing_is_told_and_the_old_file_stays(store, console, source, told):
    pin(store)
    fetch(store, "sample", console)
    with pytest.raises(SeqopsError, match=told):
        fetch(store, source, console)
    assert (store.task_paths("letters").raw / "sample.txt").read_bytes() == b"embedded\n"


def test_a_dataset_of_another_task_is_refused(store, console):
    pin(store, task="numbers")
    with pytest.raises(SeqopsError, match="letters-1 is a dataset of the task numbers"):
        fetch(store, "letters-1", console)


# --- the catalogue, its sums and the mirror


def test_a_wrong_sum_is_refused_and_the_old_file_stays(server, store, console):
    pin(store, urls=[f"{server.url}/file.bin"])
    assert fetch(store, "letters-1", console) == {"file.bin": BODY}
    newer = hashlib.sha256(b"newer").hexdigest()
    pin(store, urls=[f"{server.url}/file.bin"], sha256=[newer])
    server.files["/file.bin"] = b"newel"
    with pytest.raises(SeqopsError) as raised:
        fetch(store, "letters-1", console)
    assert newer in str(raised.value)
    assert (store.task_paths("letters").raw / "file.bin").read_bytes() == BODY
    server.files["/file.bin"] = b"newer"
    assert fetch(store, "letters-1", console) == {"file.bin": b"newer"}


def test_one_bad_file_of_two_changes_neither(store, console):
    fetch(store, "counted", console)
    (store.root / "one.txt").write_bytes(b"new\n")
    with pytest.raises(SeqopsError):
        fetch(store, ["one.txt", "missing.txt"], console)
    assert (store.task_paths("letters").raw / "one.txt").read_bytes() == b"1\n"


def test_a_mirror_folder_is_asked_first_and_the_publisher_after_it(server, store, console, monkeypatch):
    pin(store, urls=[f"{server.url}/file.bin"])
    mirror = store.root / "mirror"
    (mirror / "letters").mkdir(parents=True)
    monkeypatch.setenv(MIRROR, str(mirror))
    (mirror / "letters" / "file.bin").write_bytes(BODY)
    fetch(store, "letters-1", console)
    assert server.asked == []
    (mirror / "letters" / "file.bin").write_bytes(b"damaged")
    (store.task_paths("letters").raw / "file.bin").unlink()
    assert fetch(store, "letters-1", console) == {"file.bin": BODY}
    assert len(server.asked) == 1


def test_a_mirror_may_be_an_address(server, store, console, monkeypatch):
    pin(store)
    server.files = {"/base/letters/file.bin": BODY}
    monkeypatch.setenv(MIRROR, f"{server.url}/base/")
    assert fetch(store, "letters-1", console) == {"file.bin": BODY}


def test_when_nothing_serves_a_dataset_every_reason_is_told(server, store, console, monkeypatch):
    pin(store, urls=[f"{server.url}/gone"], obtain="Write to its author.")
    monkeypatch.setenv(MIRROR, str(store.root / "nowhere"))
    with pytest.raises(SeqopsError) as raised:
        fetch(store, "letters-1", console)
    told = str(raised.value)
    assert "nowhere/letters/file.bin is not a file" in told
    assert "answered 404" in told
    assert told.endswith("Write to its author.")


def test_only_the_named_member_is_read_and_its_own_sum_counts(server, store, console):
    content = zipped(**{"letters/file.bin": BODY, "../evil.txt": b"no", "/etc/evil": b"no"})
    server.files["/all.zip"] = content
    pin(store, file="all.zip", urls=[f"{server.url}/all.zip"], member="letters/file.bin")
    assert fetch(store, "letters-1", console) == {"file.bin": BODY}
    assert list(store.root.rglob("*evil*")) == []


# --- archives


@pytest.fixture(params=["zip", "tar"])
def packed(request, tmp_path):
    """Write an archive of either kind."""

    def pack(members):
        path = tmp_path / f"archive.{request.param}"
        path.write_bytes(zipped(**members) if request.param == "zip" else tarred(members))
        return path

    return pack


def test_a_member_comes_out_whole(packed, tmp_path):
    extract(packed({"a/first.txt": b"1", "a/b.txt": BODY}), "a/b.txt", tmp_path / "out", 2**24)
    assert (tmp_path / "out").read_bytes() == BODY


@pytest.mark.parametrize("member", ["/etc/passwd", "../up.txt", "a/../../up.txt", "..\\up.txt", "c:/up.txt"])
def test_a_member_that_leads_out_is_refused(packed, tmp_path, member):
    with pytest.raises(DataError, match="points outside the archive"):
        extract(packed({member: b"x"}), member, tmp_path / "out", 2**20)
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused_while_it_unpacks(packed, tmp_path):
    bomb = packed({"big.txt": bytes(20_000_000)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(DataError, match="unpacks to more than the limit of 1,000,000 bytes"):
        extract(bomb, "big.txt", tmp_path / "out", 1_000_000)
    assert (tmp_path / "out").stat().st_size <= 1_000_000


def test_a_bomb_whose_header_lies_about_its_size_is_refused(tmp_path):
    content = bytearray(zipped(**{"big.txt": bytes(20_000_000)}))
    # the uncompressed size stands 22 bytes into the local header, 24 into the central one
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + place, 10)
    (tmp_path / "lie.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"limit|broken archive"):
        extract(tmp_path / "lie.zip", "big.txt", tmp_path / "out", 1_000_000)
    assert (tmp_path / "out").stat().st_size <= 1_000_000


def test_a_zip_whose_places_cannot_be_is_broken(tmp_path):
    content = bytearray(zipped(**{"a.txt": b"text"}))
    # where the central directory begins stands 16 bytes into its end
    end = content.index(b"PK\x05\x06") + 16
    struct.pack_into("<I", content, end, struct.unpack_from("<I", content, end)[0] + 500)
    (tmp_path / "mine.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.zip: broken archive .*Download it again"):
        extract(tmp_path / "mine.zip", "a.txt", tmp_path / "out", 1000)


def test_what_stands_before_the_member_of_a_tar_counts_too(tmp_path):
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


def test_an_absent_member_is_told(packed, tmp_path):
    with pytest.raises(DataError, match=r"contains no file 'b\.txt'"):
        extract(packed({"a.txt": b"x"}), "b.txt", tmp_path / "out", 2**20)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_archive_is_told(packed, tmp_path, keep):
    noise = b"".join(hashlib.sha256(bytes([i, i // 256])).digest() for i in range(256))
    path = packed({"a.txt": noise})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(DataError, match="broken archive"):
        extract(path, "a.txt", tmp_path / "out", 2**20)


def test_a_gzip_that_is_no_tar_is_told(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"just text"))
    with pytest.raises(DataError, match="broken archive"):
        extract(tmp_path / "a.gz", "a.txt", tmp_path / "out", 1000)


# --- the catalogue of the project


def test_the_catalogue_names_the_datasets(catalogue):
    assert sorted(catalogue) == [
        "airline-passengers",
        "amazon-reviews",
        "cumsum",
        "cumsum-ten",
        "imdb",
        "klp2016",
        "nietzsche",
        "rotten-tomatoes",
        "sine",
        "spa-eng",
        "sunspots",
        "tinyshakespeare",
    ]


def test_every_dataset_can_be_had_somehow_and_is_pinned(catalogue):
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
    ("changed", "told"),
    [
        ({"sha256": ["abc"]}, r"letters-1\.sha256\.0: String should match"),
        ({"urls": ["ftp://x/y"]}, r"letters-1\.urls\.0: String should match"),
        ({"licens": "x"}, r"letters-1\.licens: Unexpected keyword"),
    ],
)
def test_a_wrong_entry_is_told_by_its_key(store, changed, told):
    pin(store, **changed)
    with pytest.raises(SeqopsError, match=told):
        read_catalog(store.catalog)


def test_a_catalogue_that_is_no_yaml_is_told(store):
    store.catalog.write_text("a: [1\nb: 2\n")
    with pytest.raises(SeqopsError, match=r"catalog\.yaml is not valid YAML"):
        read_catalog(store.catalog)


@pytest.mark.skipif(MIRROR not in os.environ, reason=f"{MIRROR} is not set: no published files to read")
def test_the_mirror_holds_what_the_catalogue_pins(catalogue, tmp_path, console, request):
    (tmp_path / "data").mkdir()
    shutil.copy(request.config.rootpath / "data" / "catalog.yaml", tmp_path / "data")
    names = [name for name, entry in catalogue.items() if entry.sha256]
    for name in names:
        task = Task(catalogue[name].task, name, Embedded(), None, None, None, None, None, {})
        [file] = Fetcher(Project(tmp_path), task, console, Project(tmp_path).task_paths(task.name).raw).run()
        assert file.origin.startswith(redact(os.environ[MIRROR])), name
        assert file.sha256 in catalogue[name].sha256
    assert len(names) == 9


# --- secrets


def test_a_variable_stands_for_a_secret_and_is_shown_in_its_place(server, store, console, monkeypatch):
    monkeypatch.setenv("A_TOKEN", "s3cret")
    [file] = fetcher(store, f"{server.url}/file.bin?token=$A_TOKEN", console).run()
    assert server.asked[-1][0] == "/file.bin?token=s3cret"
    assert file.origin.endswith("/file.bin?token=***")


def test_a_password_may_come_from_netrc(server, store, console, monkeypatch, tmp_path):
    seen = []
    server.behave = lambda handler: seen.append(handler.headers.get("Authorization"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetch(store, f"{server.url}/file.bin", console)
    assert seen == ["Basic YW5uOmh1c2g="]


def test_a_retry_a_redirect_and_a_dead_end_tell_no_secret(server, store, console, capfd, caplog):
    def behave(handler):
        if handler.path.startswith("/away"):
            handler.send_response(302)
            handler.send_header("Location", "http://ann:hush@127.0.0.1:9/none?token=s3cret")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            # hangs up without a word, so that it is asked again
            handler.close_connection = True
        return True

    server.behave = behave
    for path in ("away", "none?token=s3cret"):
        with pytest.raises(SeqopsError) as told:
            fetch(store, f"{server.url.replace('://', '://ann:hush@')}/{path}", console)
        assert "hush" not in str(told.value) and "s3cret" not in str(told.value)
    said = "".join(capfd.readouterr()) + caplog.text + console.file.getvalue()
    assert "hush" not in said and "s3cret" not in said
    written = [path.read_bytes() for path in store.root.rglob("*") if path.is_file()]
    assert not any(b"hush" in content or b"s3cret" in content for content in written)


def test_a_proxy_s_password_is_not_told(store, console, monkeypatch, capfd):
    monkeypatch.setenv("http_proxy", "http://ann:hush@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(TransferError) as told:
        fetch(store, "http://h.invalid/a.csv", console)
    assert "hush" not in str(told.value) + "".join(capfd.readouterr())
