"""Atomic writes, canonical JSON, arrays on disk, and finding the project from a folder inside it."""

import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pandas as pd
import pytest

from seqops.core.arrays_io import read_splits, read_table, write_splits, write_table
from seqops.core.errors import DataError, SeqopsError
from seqops.core.files import atomic_write, read_json, sha256_of, write_bytes, write_json
from seqops.core.project import Project
from seqops.core.ragged import Ragged, Split


def test_an_error_while_writing_leaves_the_old_file_and_no_temporary_file(tmp_path):
    path = tmp_path / "file.txt"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), atomic_write(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_an_error_while_writing_splits_leaves_the_old_arrays(tmp_path):
    whole = Split({"label": np.array([1, 2])})
    write_splits(tmp_path / "arrays", {"train": whole})
    objects = Split({"label": np.array([object()], dtype=object)})
    with pytest.raises(ValueError, match="allow_pickle"):
        write_splits(tmp_path / "arrays", {"test": whole, "train": objects})
    assert [p.name for p in tmp_path.iterdir()] == ["arrays"]
    assert list(read_splits(tmp_path / "arrays")) == ["train"]


@pytest.mark.parametrize("left", ["new", "old"])
def test_files_left_by_a_killed_process_with_the_same_pid_do_not_interfere(tmp_path, left):
    """In containers, process ids are the same at every start."""
    write_splits(tmp_path / "arrays", {"train": Split({"label": np.array([1, 2])})})
    temporary_path = tmp_path / f".{os.getpid()}.{left}.arrays" / "test"
    temporary_path.mkdir(parents=True)
    (temporary_path / "label.npy").write_bytes(b"half")
    write_splits(tmp_path / "arrays", {"train": Split({"label": np.array([3])})})
    assert [p.name for p in tmp_path.iterdir()] == ["arrays"]
    splits = read_splits(tmp_path / "arrays")
    assert list(splits) == ["train"]
    assert splits["train"].plain("label").tolist() == [3]


def test_a_raw_file_half_written_by_a_killed_process_is_not_read(tmp_path):
    raw = Project(tmp_path).task_paths("letters").raw
    write_bytes(raw / "whole.csv", b"1\n")
    (raw / ".123.whole.csv").write_bytes(b"ha")
    assert [path.name for path in Project(tmp_path).task_paths("letters").raw_files()] == ["whole.csv"]


def _write_forever(path):
    for attempt in range(10**9):
        write_bytes(path, bytes([65 + attempt % 26]) * 500_000)


def test_a_kill_while_writing_leaves_a_whole_file(tmp_path):
    path = tmp_path / "file.bin"
    write_bytes(path, b"A" * 500_000)
    for attempt in range(5):
        process = multiprocessing.get_context("fork").Process(target=_write_forever, args=(path,))
        process.start()
        time.sleep(0.02 + 0.01 * attempt)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        content = path.read_bytes()
        assert len(content) == 500_000
        assert len(set(content)) == 1


def test_json_is_sorted_readable_and_refuses_nan(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "ñ"})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n "a": "ñ",\n "b": 1\n}\n'
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert read_json(tmp_path / "a.json") == {"a": "ñ", "b": 1}


def test_a_missing_or_truncated_file_is_reported_with_the_command_to_run(tmp_path):
    with pytest.raises(DataError, match="dvc repro"):
        read_json(tmp_path / "none.json")
    (tmp_path / "torn.json").write_text('{"a": ')
    with pytest.raises(DataError, match=r"torn\.json: not readable as JSON"):
        read_json(tmp_path / "torn.json")


def test_splits_are_read_back_unchanged_and_memory_mapped(tmp_path):
    split = Split({"tokens": Ragged.from_rows([[1, 2], [], [3]], np.int32), "label": np.array([0, 1, 0])})
    empty = Split({"tokens": Ragged.from_rows([], np.int32), "label": np.zeros(0, int)})
    write_splits(tmp_path, {"train": split, "test": empty})
    read = read_splits(tmp_path)
    assert isinstance(read["train"].ragged("tokens").values, np.memmap)
    assert [list(read["train"].ragged("tokens")[i]) for i in range(3)] == [[1, 2], [], [3]]
    assert read["train"].plain("label").tolist() == [0, 1, 0]
    assert len(read["test"]) == 0


def test_the_hash_of_a_folder_depends_on_names_and_contents(tmp_path):
    for folder, content in (("one", b"x"), ("two", b"x"), ("three", b"y")):
        write_bytes(tmp_path / folder / "a" / "f", content)
    assert sha256_of(tmp_path / "one") == sha256_of(tmp_path / "two") != sha256_of(tmp_path / "three")


def test_the_project_is_found_from_any_folder_inside_it(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_text("")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    assert Project.find(tmp_path / "deep" / "down").root == tmp_path
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path / "deep"))
    assert Project.find().root == tmp_path


def test_a_missing_project_is_reported_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQOPS_ROOT", raising=False)
    with pytest.raises(SeqopsError, match="SEQOPS_ROOT"):
        Project.find(tmp_path)


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=json.dumps({"a": 1, "b": 2}).replace('"', "'")):
        Split({"a": np.zeros(1), "b": np.zeros(2)})


def test_a_damaged_table_is_named(tmp_path):
    write_table(tmp_path / "t.parquet", pd.DataFrame({"a": [1, 2, 3]}))
    whole = (tmp_path / "t.parquet").read_bytes()
    for damaged in (
        b"",
        whole[:-9],
        whole[:4] + bytes(40) + whole[44:],
        whole[:-60] + b"x" * 40 + whole[-20:],
    ):
        (tmp_path / "t.parquet").write_bytes(damaged)
        with pytest.raises(DataError, match=r"t\.parquet: not readable as a table: .*dvc repro"):
            read_table(tmp_path / "t.parquet")


def test_an_unreadable_table_is_not_reported_as_damaged(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "t.parquet").write_bytes(b"x")
    monkeypatch.setattr(pd, "read_parquet", denied)
    with pytest.raises(PermissionError):
        read_table(tmp_path / "t.parquet")


def test_a_damaged_array_is_named(tmp_path):
    write_splits(tmp_path / "arrays", {"train": Split({"label": np.arange(40)})})
    path = tmp_path / "arrays" / "train" / "label.npy"
    whole = path.read_bytes()
    for damaged in (b"", whole[:20], whole[:-7], whole.replace(b"'descr'", b'"""descr'), whole[1:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"label\.npy: not readable as an array: .*dvc repro"):
            read_splits(tmp_path / "arrays")


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5_000, '{"a": 1'])
def test_damaged_json_is_named(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(DataError, match=r"m\.json: not readable as JSON: .*dvc repro") as raised:
        read_json(tmp_path / "m.json")
    assert len(str(raised.value)) < 400
