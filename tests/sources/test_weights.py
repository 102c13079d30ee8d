"""Pretrained weights are verified, converted once, and kept under the hash of their content."""

import hashlib
import io
import json
import zipfile

import h5py
import numpy as np
import pytest
from rich.console import Console

import tiny_bert
from seqops.core.errors import DataError, SeqopsError
from seqops.preprocessing.pretrained_weights import WeightsStore
from seqops.sources import weights
from seqops.sources.weights_catalog import WeightsEntry, entry_of, read_weights_catalog

TENSORS = tiny_bert.arrays()


def safetensors(tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        end = len(data) + array.nbytes
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("m/model.safetensors", safetensors(TENSORS))
        opened.writestr("m/config.json", json.dumps(tiny_bert.CONFIG))
        opened.writestr("m/tokenizer.json", tiny_bert.tokenizer())
    return file.getvalue()


def entry(content, **changed):
    members = {
        name: f"m/{file}" for name, file in (("config", "config.json"), ("tokenizer", "tokenizer.json"))
    }
    given = {"url": "https://example.org/tiny.zip", "weights": "m/model.safetensors", **members, **changed}
    digest = {"sha256": hashlib.sha256(content).hexdigest()}
    return WeightsEntry(**{**digest, "licence": "none", "origin": "invented", **given})


@pytest.fixture
def bring(tmp_path, monkeypatch):
    def bring(content, **changed):
        monkeypatch.setattr(weights, "download", lambda address, part, console: part.write_bytes(content))
        store = WeightsStore(tmp_path / "weights")
        return store, weights.bring("tiny", entry(content, **changed), store, Console(quiet=True))

    return bring


def test_they_are_stored_under_the_hash_of_their_content(bring):
    store, sha256 = bring(archive())
    assert store.origin("tiny") == {"sha256": sha256, "licence": "none", "origin": "invented"}
    assert sorted(path.name for path in store.folder.iterdir()) == sorted([f"{sha256}.npz", "tiny.json"])
    found = store.named("tiny")
    assert found.config == tiny_bert.CONFIG
    for name, array in TENSORS.items():
        np.testing.assert_array_equal(found.tensors[name], array)
    assert bring(archive())[1] == sha256


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sha256": "0" * 64}, "archive.zip has sha256 [0-9a-f]{64}, but the catalogue has 0{64}"),
        ({"weights": "m/a.safetensors"}, "There is no item named 'm/a.safetensors' in the archive Fix"),
    ],
)
def test_what_the_catalogue_does_not_say_is_refused(bring, changed, message):
    with pytest.raises(SeqopsError, match=message):
        bring(archive(), **changed)


def layers_archive(**extra):
    weights, file = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as opened:
        opened["block/conv/vars/0"] = np.arange(6.0, dtype=np.float32).reshape(1, 2, 3)
        opened["block/conv/vars/1"] = np.ones(3, np.float32)
        for name, link in extra.items():
            opened[name] = link
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("m/model.weights.h5", weights.getvalue())
    return file.getvalue()


OF_LAYERS = {
    "weights": "m/model.weights.h5", "config": None, "tokenizer": None,
    "backbone": "VGG16", "layers": {"block1_conv1": "block/conv"},
}  # fmt: skip


def test_layers_of_a_backbone_are_stored_under_their_names(bring):
    store, _ = bring(layers_archive(), **OF_LAYERS)
    found = store.named("tiny").tensors
    assert {key: array.tolist() for key, array in found.items()} == {
        "block1_conv1/kernel": [[[0, 1, 2], [3, 4, 5]]],
        "block1_conv1/bias": [1, 1, 1],
    }
    with pytest.raises(DataError, match=r"have no config\.json: they are not those of a text encoder"):
        _ = store.named("tiny").config


def test_layers_that_are_not_there_and_links_to_other_files_are_refused(bring):
    with pytest.raises(SeqopsError, match=r"the weights have no block/dense/vars/0\. Fix `layers`"):
        bring(layers_archive(), **{**OF_LAYERS, "layers": {"block1_conv1": "block/dense"}})
    for link in (h5py.ExternalLink("/etc/passwd", "x"), h5py.SoftLink("/block")):
        with pytest.raises(DataError, match=r"model\.weights\.h5: other refers to another place or file"):
            bring(layers_archive(other=link), **OF_LAYERS)


def test_what_is_no_archive_is_refused(bring):
    with pytest.raises(SeqopsError, match=r"archive\.zip is no ZIP archive"):
        bring(b"<html>")


def test_an_altered_or_missing_file_is_refused_with_what_to_do(bring):
    store, sha256 = bring(archive())
    path = store.folder / f"{sha256}.npz"
    np.savez(path, allow_pickle=False, a=np.zeros(3))
    with pytest.raises(
        DataError, match=r"its content has sha256 .*Download them again: `seqops weights tiny`"
    ):
        store.named("tiny")
    path.write_bytes(b"PK")
    with pytest.raises(DataError, match="not readable"):
        store.named("tiny")
    path.unlink()
    with pytest.raises(DataError, match="are not here"):
        store.named("tiny")
    with pytest.raises(DataError, match=r"'\.\./x' are not here"):
        store.named("../x")


def test_pip_that_finds_no_such_wheel_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    content = b"x"
    wanted = entry(content, url=None, package="seqops-no-such-weights==1.0")
    with pytest.raises(
        SeqopsError, match=r"pip could not download seqops-no-such-weights==1\.0: No matching"
    ):
        weights.bring("tiny", wanted, WeightsStore(tmp_path), Console(quiet=True))


def test_the_catalogue_names_licence_and_origin_and_its_errors_the_key(tmp_path):
    path = tmp_path / "weights.yaml"
    lines = {
        "package": "a-b==1.0", "sha256": "0" * 64, "weights": "w.safetensors", "config": "c",
        "tokenizer": "t", "licence": "MIT", "origin": "o",
    }  # fmt: skip

    def write(**changed):
        rows = {**lines, **changed}
        path.write_text("tiny:\n" + "".join(f"  {k}: '{v}'\n" for k, v in rows.items() if v is not None))

    write()
    assert entry_of(path, "tiny").licence == "MIT"
    with pytest.raises(SeqopsError, match=r"weights\.yaml has no weights 'tinny': did you mean 'tiny'\?"):
        entry_of(path, "tinny")
    for changed, message in (
        ({"package": None}, "give either package or url"),
        ({"url": "https://example.org/a.zip"}, "give either package or url"),
        ({"package": "a-b"}, r"tiny\.package: String should match"),
        ({"package": "a --pre x==1"}, r"tiny\.package: String should match"),
        ({"licence": None}, r"tiny\.licence: Field required"),
        ({"tokenizer": None}, r"weights in \.safetensors have config and tokenizer, and no other"),
        ({"weights": "w.h5"}, r"weights in \.h5 have backbone and layers, and no other"),
        ({"weights": "w.bin"}, r"must be a member that ends in one of \.safetensors, \.h5, \.pth"),
    ):
        write(**changed)
        with pytest.raises(SeqopsError, match=message):
            read_weights_catalog(path)
    path.unlink()
    with pytest.raises(SeqopsError, match="does not exist"):
        read_weights_catalog(path)
