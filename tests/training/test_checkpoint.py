"""A checkpoint is read as it was written; a damaged one is set aside and training begins again."""

import json

import numpy as np
import pytest

from seqops.core.callbacks import EpochResult
from seqops.training.checkpoint import read_checkpoint

EPOCHS = [EpochResult(0, None, None, 0.25), EpochResult(1, 2.0, 0.001, float("nan"))]


def write(path, epochs=None, **other):
    rows = [e.__dict__ for e in EPOCHS] if epochs is None else epochs
    arrays = {name: np.arange(6.0).reshape(2, 3) for name in ("weight.0", "best.0", "optimizer.0", "initial")}
    arrays |= {"epochs": np.frombuffer(json.dumps(rows).encode(), np.uint8), **other}
    np.savez(path, allow_pickle=False, **{name: value for name, value in arrays.items() if value is not None})


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "toy-0.npz")
    return tmp_path / "toy-0.npz"


def test_it_is_read_as_it_was_written(path):
    found = read_checkpoint(path)
    assert repr(found.epochs) == repr(EPOCHS)
    for arrays in (found.weights, found.best, found.optimizer, [found.initial]):
        assert [array.tolist() for array in arrays] == [[[0, 1, 2], [3, 4, 5]]]


def test_without_one_a_fit_begins(tmp_path):
    for path in (None, tmp_path / "none.npz"):
        assert read_checkpoint(path).epochs == []


DAMAGES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:300]),
    "empty": lambda path: path.write_bytes(b""),
    "other bytes": lambda path: path.write_bytes(path.read_bytes().replace(b"best", b"bast")),
    "an array": lambda path: np.save(path.open("wb"), np.arange(3), allow_pickle=False),
    "no weights": lambda path: write(path, **{"weight.0": None}),
    "text for a number": lambda path: write(path, [{**EPOCHS[0].__dict__, "epoch": "0"}]),
    "another key": lambda path: write(path, [{"epoch": 0}]),
    "no epoch": lambda path: write(path, []),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_one_is_set_aside(path, name, capfd):
    DAMAGES[name](path)
    damaged = path.read_bytes()
    assert read_checkpoint(path).epochs == []
    assert not path.exists()
    assert path.with_name("toy-0.npz.damaged").read_bytes() == damaged
    message = " ".join(capfd.readouterr().err.split())
    assert "toy-0.npz is not readable" in message and "Training begins again." in message
