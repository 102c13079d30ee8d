"""`seqops use` on folders, archives and files of pictures."""

import gzip
import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.errors import DataError
from seqops.experiments import own_data
from seqops.inspection.files import InputFile, opened_folders
from seqops.params import Params

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")


def png(number: int, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "PNG")
    return file.getvalue()


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def folders(*parts: str) -> dict[str, bytes]:
    return {f"{part}{'ab'[n % 2]}/{n}.png": png(n) for part in parts or [""] for n in range(40)}


def unpack(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def guess(*paths: Path):
    [candidate] = own_data.candidates(PARAMS, [InputFile.open(path) for path in paths], None)
    assert candidate.task == "images"
    return candidate.guess


def test_a_folder_of_folders_is_read_and_written(tmp_path, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    unpack(tmp_path / "mine", folders())
    done = CliRunner().invoke(app, ["use", "mine", "--yes"])
    assert done.exit_code == 0, done.output
    task = Params.load(tmp_path / "params.yaml").task("images")
    assert (task.source, task.data.layout, task.data.shape) == ("mine", "folders", (32, 40, 3))
    assert "pictures in 2 folders named after labels: a 20, b 20" in done.output
    assert "pictures, of 30 x 40 mostly, are resized to 32 x 40" in done.output


def test_train_and_test_folders_are_the_published_split(tmp_path):
    found = guess(packed(tmp_path / "x.zip", folders("x/train/", "x/test/")))
    assert (found.values["data.layout"], found.values["data.split"]) == ("folders", "published")


def test_large_grey_pictures_are_resized(tmp_path):
    files = {f"{n % 2}/{n}.png": png(n, (200, 100), "L") for n in range(6)}
    values = guess(unpack(tmp_path / "x", files)).values
    assert [values[f"data.{key}"] for key in ("height", "width", "channels")] == [32, 64, 1]


def test_a_table_of_paths_and_labels_is_recognised(tmp_path):
    rows = [f"p/{n}.png,{n},{'cat' if n % 3 else 'dog'}" for n in range(12)]
    files = {f"p/{n}.png": png(n, (8, 8)) for n in range(12)}
    files["list.csv"] = "\n".join(["file,id,species", *rows]).encode()
    values = guess(packed(tmp_path / "x.zip", files)).values
    assert [values[f"data.{key}"] for key in ("layout", "path", "label")] == ["table", "file", "species"]


def test_idx_files_are_recognised_by_their_beginning(tmp_path):
    paths = []
    for name, count in (("train", 4), ("t10k", 2)):
        for kind, array in (
            ("images-idx3", np.zeros((count, 28, 20), np.uint8)),
            ("labels-idx1", np.zeros(count, np.uint8)),
        ):
            paths.append(tmp_path / f"{name}-{kind}-ubyte.gz")
            paths[-1].write_bytes(gzip.compress(idx(array)))
    (tmp_path / "notes.txt").write_text("other")
    assert opened_folders([tmp_path]) == sorted(paths)
    assert opened_folders([tmp_path / "notes.txt"]) == [tmp_path / "notes.txt"]
    found = guess(*paths)
    assert found.values["data.layout"] == "idx" and found.values["data.split"] == "published"
    assert [found.values[f"data.{key}"] for key in ("height", "width", "channels")] == [28, 20, 1]
    assert "4 pictures of 28 x 20 pixels" in found.reasons[0]


@pytest.mark.parametrize("packs", [True, False])
def test_batches_of_cifar_are_recognised(tmp_path, packs):
    batch = bytes([1]) + bytes(3072)  # a black picture, which begins as UTF-16 might
    names = [f"cifar/{name}.bin" for name in ("data_batch_1", "test_batch")]
    if packs:
        paths = [packed(tmp_path / "c.zip", dict.fromkeys(names, batch))]
    else:
        folder = unpack(tmp_path, dict.fromkeys(names, batch))
        paths = [folder / name for name in names]
    values = guess(*paths).values
    assert (values["data.layout"], values["data.split"]) == ("cifar", "published")
    assert [values[f"data.{key}"] for key in ("height", "width", "channels")] == [32, 32, 3]


@pytest.mark.parametrize("files", [{"1.txt": b"one"}, {"1.png": png(1), "2.png": png(2)}])
def test_a_folder_of_something_else_is_refused(tmp_path, files):
    with pytest.raises(DataError, match="is a folder, and not of pictures in folders named after labels"):
        guess(unpack(tmp_path / "x", files))
