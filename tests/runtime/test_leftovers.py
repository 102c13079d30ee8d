"""What a killed process left of an atomic write is removed, unless it is the only copy."""

import os

import pytest

from seqops.runtime.leftovers import is_running, remove_leftovers

DEAD = 2**22 + 1  # above the largest process id of Linux


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write(path):
    path.mkdir()
    (path / "file").write_text(path.name)


def test_files_and_folders_of_processes_that_have_ended_are_removed(tmp_path):
    (tmp_path / f".{DEAD}.model.weights.h5").write_bytes(b"half")
    write(tmp_path / "arrays")
    for kind in ("new", "old"):
        write(tmp_path / f".{DEAD}.{kind}.arrays")
    remove_leftovers(tmp_path)
    assert names(tmp_path) == ["arrays"]


def test_a_folder_that_was_moved_away_and_not_replaced_is_put_back(tmp_path):
    for kind in ("new", "old"):
        write(tmp_path / f".{DEAD}.{kind}.raw")
    remove_leftovers(tmp_path)
    assert names(tmp_path) == ["raw"]
    assert (tmp_path / "raw" / "file").read_text() == f".{DEAD}.old.raw"


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(f".{os.getpid()}.new.arrays", id="of a running process"),
        ".order.json",
        ".gitignore",
        f"{DEAD}.csv",
    ],
)
def test_the_files_of_others_stay(tmp_path, kept):
    write(tmp_path / kept)
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [kept]


def test_a_missing_folder_has_no_leftovers(tmp_path):
    remove_leftovers(tmp_path / "missing")


def test_a_number_too_large_for_a_process_id_is_of_no_process():
    assert not is_running(10**30)
    assert is_running(os.getpid())
