"""Streaming members of an archive: only those requested, within a size limit."""

import gzip
import io
import tarfile

import pytest

from archives import tarred, zipped
from seqops.core.errors import DataError
from seqops.preprocessing.archive import is_mac_metadata, members, only_file


@pytest.fixture
def packed(tmp_path):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, size in (("a/one.txt", 3), ("a/two.bin", 50_000), ("a/three.txt", 5)):
            info = tarfile.TarInfo(name)
            info.size = size
            tar.addfile(info, io.BytesIO(b"x" * size))
        link = tarfile.TarInfo("a/link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return path


def texts(name):
    return name.endswith(".txt")


def test_only_requested_files_are_returned_and_no_link(packed):
    assert list(members(packed, 10**6, texts)) == [("a/one.txt", b"xxx"), ("a/three.txt", b"xxxxx")]


def test_skipped_members_count_towards_the_limit(packed):
    with pytest.raises(DataError, match="limit of 40,000 bytes"):
        list(members(packed, 40_000, texts))


def test_an_archive_truncated_between_two_members_is_refused(packed):
    whole = gzip.decompress(packed.read_bytes())
    packed.write_bytes(gzip.compress(whole)[:-20])
    with pytest.raises(DataError, match="broken archive"):
        list(members(packed, 10**6, texts))
    packed.write_bytes(gzip.compress(whole[:30_000]))
    with pytest.raises(DataError, match="broken archive"):
        list(members(packed, 10**6, texts))


def test_the_requested_files_of_a_zip_are_returned(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a/one.txt": b"xxx", "a/two.bin": b"x" * 90, "a/three.txt": b"xxxxx"}))
    assert list(members(path, 100, texts)) == [("a/one.txt", b"xxx"), ("a/three.txt", b"xxxxx")]
    with pytest.raises(DataError, match="limit of 4 bytes"):
        list(members(path, 7, texts))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(b"text"), b"text"),
        (zipped({"a/b.txt": b"text"}), b"text"),
        (zipped({"a.txt": b"text", "__MACOSX/._a.txt": b"x"}), b"text"),
        (zipped({"a.txt": b"", "b.txt": b""}), "a zip of 2 files, where one file is read"),
        (zipped({"xl/workbook.xml": b"", "[Content_Types].xml": b""}), "an Excel file"),
        (zipped({"word/document.xml": b"", "[Content_Types].xml": b""}), "a Word document"),
        (tarred({"a.txt": b"text"}), "a tar, where one file is read"),
        (gzip.compress(b"text")[:-6], "broken archive"),
    ],
    ids=["gzip", "zip", "zip of a Mac", "two files", "Excel", "Word", "tar", "truncated"],
)
def test_the_only_file_of_an_archive_is_returned(tmp_path, content, expected):
    path = tmp_path / "packed"
    path.write_bytes(content)
    if isinstance(expected, bytes):
        assert only_file(path, 10**5) == expected
    else:
        with pytest.raises(DataError, match=expected):
            only_file(path, 10**5)


def test_the_only_file_is_limited(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"text"))
    with pytest.raises(DataError, match="limit of 3 bytes"):
        only_file(tmp_path / "a.gz", 3)


def test_what_macos_adds_is_told_from_files():
    assert is_mac_metadata("train/pos/._1.txt")
    assert is_mac_metadata("__MACOSX/train/1.txt")
    assert not is_mac_metadata("train/pos/1.txt")
