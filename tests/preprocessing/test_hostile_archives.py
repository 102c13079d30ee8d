"""Archives made to break a reader: refused in words, and nothing is unpacked beyond the limit."""

import gzip
import os
import tarfile
import warnings
import zipfile
from collections import Counter

import pytest

from archives import damaged, sparse_gnu, sparse_pax, tar, tarred, zipped
from seqops.core.errors import DataError
from seqops.preprocessing.archive import extract, members, pack

LIMIT = 1 << 20
CONTENT = {"c.txt": b"1\n", "a/b.txt": b"text\n" * 300, "long/" * 30 + "d.txt": b"x", "é.txt": b"y"}
DAMAGED = {
    "zip": (zipped(CONTENT), bytes),
    "zip, bz2": (zipped(CONTENT, zipfile.ZIP_BZIP2), bytes),
    "zip, lzma": (zipped(CONTENT, zipfile.ZIP_LZMA), bytes),
    "zip, stored": (zipped(CONTENT, zipfile.ZIP_STORED), bytes),
    "tar.gz": (tarred(CONTENT), bytes),
    "tar, gnu": (tar(CONTENT, format=tarfile.GNU_FORMAT), gzip.compress),
    "tar, pax": (tar(CONTENT, format=tarfile.PAX_FORMAT), gzip.compress),
    "tar, sparse": (sparse_pax("a/b.txt", 999, **{"GNU.sparse.map": "0,8"}), gzip.compress),
    "tar, old sparse": (sparse_gnu("a/b.txt", 999), gzip.compress),
}
"""By kind: what is damaged, and how it is packed then."""
SPARSE = {
    "old": sparse_gnu("a.txt", 1 << 33),
    "0.0": sparse_pax("a.txt", 1 << 33, **{"GNU.sparse.offset": "0", "GNU.sparse.numbytes": "8"}),
    "0.1": sparse_pax("a.txt", 1 << 33, **{"GNU.sparse.map": "0,8"}),
    "1.0": sparse_pax("a.txt", 1 << 33, **{"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
}


def read_all(path):
    return list(members(path, LIMIT, lambda name: True))


@pytest.mark.parametrize("kind", SPARSE)
def test_a_sparse_file_in_a_tar_is_refused_by_both_readers(tmp_path, kind):
    path = tmp_path / "s.tar.gz"
    path.write_bytes(gzip.compress(SPARSE[kind]))
    with pytest.raises(DataError, match=r"s\.tar\.gz: 'a\.txt' is a sparse file\. Do not use"):
        read_all(path)
    with pytest.raises(DataError, match="is a sparse file"):
        extract(path, "a.txt", tmp_path / "out", LIMIT)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("again", ["a/b.txt", "./a/b.txt", "a//b.txt"])
@pytest.mark.parametrize("opened", [zipfile.ZipFile, tarfile.open], ids=["zip", "tar.gz"])
def test_two_files_of_one_name_are_refused_if_they_are_wanted(tmp_path, opened, again):
    path = tmp_path / "a"
    (tmp_path / "c.txt").write_text("1")
    with opened(path, "w" if opened is zipfile.ZipFile else "w:gz") as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns
        for name in ("a/b.txt", "c.txt", again):
            (packed.write if opened is zipfile.ZipFile else packed.add)(tmp_path / "c.txt", name)
    with pytest.raises(DataError, match=r"a: contains 'a/b\.txt' twice\. Pack it again"):
        read_all(path)
    assert list(members(path, LIMIT, lambda name: name == "c.txt")) == [("c.txt", b"1")]


def test_a_name_that_is_no_utf_8_is_refused_if_it_is_wanted(tmp_path):
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / name).write_text("1")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "a" / name, name)
    words = r"the name of the file 'caf\\udce9\.txt' is not UTF-8\. Rename it"
    with pytest.raises(DataError, match=rf"^a\.tar\.gz: {words}"):
        read_all(tmp_path / "a.tar.gz")
    assert list(members(tmp_path / "a.tar.gz", LIMIT, lambda name: False)) == []
    with pytest.raises(DataError, match=rf"^a: {words}"):
        pack(tmp_path / "a", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_an_encrypted_zip_is_named_as_such(tmp_path):
    content = bytearray(zipped({"c.txt": b"1\n"}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.zip: 'c\.txt' needs a password\. Unpack it"):
        read_all(tmp_path / "a.zip")


def test_reading_every_file_of_a_zip_lists_their_names_once(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(zipped(CONTENT))
    monkeypatch.delattr(zipfile.ZipFile, "namelist")  # of n names, for each of n files
    assert read_all(tmp_path / "a.zip") == list(CONTENT.items())


def test_a_size_over_the_limit_is_refused_before_the_member_is_read(tmp_path):
    header = tarfile.TarInfo("a.txt")
    header.size = LIMIT + 1
    path = tmp_path / "s.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf()))  # no content: reading would say that it ends
    for read in (read_all, lambda path: extract(path, "a.txt", tmp_path / "out", LIMIT)):
        with pytest.raises(DataError, match=r"'a\.txt' has 1,048,577 bytes, more than the limit"):
            read(path)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_a_gigabyte_is_refused_before_it_is_read(tmp_path, kind):
    header = tarfile.TarInfo("a.txt")
    header.type, header.size = kind, 1 << 30
    path = tmp_path / "s.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf()))
    with pytest.raises(DataError, match=r"broken archive \(a header of 1,073,741,824 bytes\)"):
        read_all(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_zip_whose_method_takes_memory_without_a_limit_is_refused(tmp_path, method):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.txt": b"text"}, method))
    with pytest.raises(DataError, match=rf"'a\.txt' is compressed by method {method}\. Pack it with deflate"):
        extract(path, "a.txt", tmp_path / "out", LIMIT)


def test_many_headers_before_a_member_are_refused(tmp_path):
    header = tarfile.TarInfo("a.txt")
    header.type, header.size = tarfile.XHDTYPE, 9
    path = tmp_path / "s.tar.gz"
    path.write_bytes(gzip.compress(20 * (header.tobuf() + b"9 a=bcde\n".ljust(512, b"\0"))))
    with pytest.raises(DataError, match=r"broken archive \(more than 16 headers before a member\)"):
        read_all(path)


@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_are_those_of_tarfile_in_every_format(tmp_path, layout):
    content = {"n" * 90 + "/" + "m" * 90 + ".txt": b"1", "é.txt": b"", "b.txt": b"x" * 513}
    path = tmp_path / "a.tar.gz"
    path.write_bytes(tarred(content, format=layout))
    assert dict(read_all(path)) == content


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_archive_is_read_or_refused_in_words(tmp_path, kind):
    content, packed = DAMAGED[kind]
    path, ends = tmp_path / "mine.archive", Counter()
    for seed in range(60):
        path.write_bytes(packed(damaged(content, seed)))
        try:
            extract(path, "a/b.txt", tmp_path / "out", LIMIT)
            if kind.startswith("tar"):
                read_all(path)
            ends["read"] += 1
        except DataError as error:
            assert str(error).startswith("mine.archive: ") and len(str(error)) < 2000
            ends["refused"] += 1
    assert ends["refused"] > 10
