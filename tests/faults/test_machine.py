"""A full disk, closed folders, a clock that jumps: told in words, nothing lost, the next run completes."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from small import STAGES, TASK, founded, run
from warm import play, stage

from checkout import start
from seqops.core.files import sha256_of

NAMES = ["download", "validate", "preprocess"]
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
CLOCKS = ["-20y", "+40y", "@2000-01-01 00:00:00 x600"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount, or become somebody else")


def artefacts(root):
    folder = root / "data" / TASK
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name[0] != "."}


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """A project whose data is encoded."""
    root = founded(tmp_path_factory.mktemp("machine") / "project")
    for name in NAMES:
        assert run(root, name).code == 0
    return root


@pytest.fixture
def copied(encoded, tmp_path):
    shutil.copytree(encoded, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def full(copied):
    """Put data/<task> on a disk of its own that is full; its second part is the file that fills it."""
    folder, kept = copied / "data" / TASK, copied / "kept"
    folder.rename(kept)
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file system is not permitted")
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(256))
        except OSError:
            pass
    yield copied, filler
    subprocess.run(["umount", str(folder)], check=True)


@as_root
@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_told_and_the_next_run_with_room_completes(full, name):
    root, filler = full
    before = artefacts(root)
    played = run(root, name)
    assert played.code == 1, played.said
    assert "No space left on device. Free disk space" in " ".join(played.said.split())
    assert "Traceback" not in played.said
    assert artefacts(root) == before
    filler.unlink()
    before.pop("filler")
    assert run(root, name).code == 0
    assert artefacts(root) == before


def bound(name, function, task):
    """Run a stage as a root whom permissions bind: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    sets[0] &= ~0b110
    assert libc.capset(header, sets) == 0
    stage(name, function, task)


def refused(root, name):
    """Run a stage whom permissions bind; return what it says."""
    played = play(root, bound, name, STAGES[name], TASK)
    said = " ".join(played.said.split())
    assert played.code == 1, said
    assert "Permission denied. Free disk space or fix the permissions" in said
    assert "Traceback" not in said
    return said


@as_root
@pytest.mark.parametrize("name", NAMES)
def test_folders_that_may_not_be_written_are_told_and_the_next_run_completes(copied, name):
    before = artefacts(copied)
    folders = [copied, *(path for path in copied.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    said = refused(copied, name)
    for folder in folders:
        folder.chmod(0o755)
    assert str(copied) in said
    assert artefacts(copied) == before
    assert run(copied, name).code == 0
    assert artefacts(copied) == before


@as_root
def test_a_file_that_may_not_be_read_is_told(copied):
    before, table = artefacts(copied), copied / "data" / TASK / "table.parquet"
    table.chmod(0)
    assert "table.parquet" in refused(copied, "preprocess")
    table.chmod(0o644)
    assert artefacts(copied) == before


@pytest.mark.skipif(not FAKETIME.is_file(), reason="faketime not found: apt-get install faketime")
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_that_jumps_changes_no_artefact(copied, clock, monkeypatch):
    before = artefacts(copied)
    shutil.rmtree(copied / "data" / TASK)
    monkeypatch.setenv("LD_PRELOAD", str(FAKETIME))
    monkeypatch.setenv("FAKETIME", clock)
    process = start(copied, ",".join(NAMES), [TASK])
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert artefacts(copied) == before
