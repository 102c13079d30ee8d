"""Readers of labelled pictures, and what they refuse."""

import gzip
import io
import tarfile

import numpy as np
import pytest
from pictures_task import grey, idx, task, zipped

from seqops.core.errors import DataError
from seqops.tasks.images.data.pictures import Picture

PIXELS = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)


def columns(table, *names):
    return list(table[list(names)].itertuples(index=False, name=None))


def test_idx_files_are_read_in_pairs_plain_and_gzipped(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(PIXELS)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([7, 3], np.uint8))))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(PIXELS[:1]))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([5], np.uint8)))
    table = task().read(sorted(tmp_path.iterdir()))
    expected = [(1, "5", "test"), (1, "7", "train"), (2, "3", "train")]
    assert columns(table, "line", "label", "published") == expected
    assert (Picture.decode(table["picture"][2]).pixels(4, 4, 1)[..., 0] == PIXELS[1]).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(PIXELS)[:-1], "its header promises 2 x 4 x 4 bytes, but 31 follow"),
        (b"text", "not an IDX file"),
        (idx(PIXELS), "no file has the labels of these pictures"),
    ],
)
def test_a_broken_idx_file_is_named(tmp_path, content, message):
    (tmp_path / "images").write_bytes(content)
    with pytest.raises(DataError, match=f"^images: {message}"):
        task().read([tmp_path / "images"])


def test_folders_are_classes_and_may_be_splits(tmp_path):
    files = {"x/test/b/1.png": grey(1), "x/train/a/2.png": grey(2), "x/train/a/notes.txt": "no picture"}
    table = task(layout="folders").read([zipped(tmp_path / "x.zip", files)])
    assert columns(table, "label", "published") == [("b", "test"), ("a", "train")]
    loose = zipped(tmp_path / "loose.zip", {"1.png": grey(1)})
    with pytest.raises(DataError, match=r"loose.zip: 1.png is in no folder"):
        task(layout="folders").read([loose])


def test_a_text_called_png_is_named(tmp_path):
    files = {"a/1.png": grey(1), "b/2.png": "this is a text"}
    with pytest.raises(DataError, match=r"x.zip: b/2.png is not a picture\. Give a picture in one of"):
        task(layout="folders").read([zipped(tmp_path / "x.zip", files)])


def test_a_table_lists_paths_and_labels(tmp_path):
    files = {
        "x/labels.csv": "path,label\nin/1.png,cat\n2.png,dog\n",
        "x/in/1.png": grey(1),
        "x/2.png": grey(2),
    }
    table = task(layout="table").read([zipped(tmp_path / "x.zip", files)])
    assert columns(table, "line", "name", "label") == [(2, "x/in/1.png", "cat"), (3, "x/2.png", "dog")]
    files["x/labels.csv"] = "path,label\n3.png,cat\n"
    with pytest.raises(DataError, match=r"labels.csv:2: the archive has no picture '3.png'"):
        task(layout="table").read([zipped(tmp_path / "y.zip", files)])


def batch(label, red):
    return bytes([label]) + bytes([red]) * 1024 + bytes(2048)


def test_binary_batches_of_cifar_have_planes_of_colours_and_names(tmp_path):
    files = {
        "data_batch_1.bin": batch(1, 9),
        "test_batch.bin": batch(0, 8),
        "batches.meta.txt": b"cat\ndog\n",
    }
    with tarfile.open(tmp_path / "cifar.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"cifar/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    table = task(layout="cifar").read([tmp_path / "cifar.tar.gz"])
    assert columns(table, "line", "label", "published") == [(1, "dog", "train"), (2, "cat", "test")]
    assert Picture.decode(table["picture"][0]).pixels(32, 32, 3)[31, 31].tolist() == [9, 0, 0]
    (tmp_path / "short.bin").write_bytes(batch(1, 9)[:-1])
    with pytest.raises(DataError, match=r"short.bin is not a binary batch of CIFAR-10: 3,072 bytes"):
        task(layout="cifar").read([tmp_path / "short.bin"])
