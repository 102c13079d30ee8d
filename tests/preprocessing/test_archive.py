"""Streaming members of an archive: only those requested, within a size limit."""

import gzip
import io
import tarfile

import pytest

from seqops.core.errors import DataError
from seqops.preprocessing.archive import members


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
