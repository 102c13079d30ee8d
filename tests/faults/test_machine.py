"""A full disk, read-only folders, a clock that jumps: reported, nothing lost, and the next run completes."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import plain_user
import pytest
from killed_child import run_in_child, stage
from small_project import STAGES, TASK, change, create_project, run

from checkout import start
from seqops.core.files import sha256_of
from seqops.core.project import Project
from seqops.registry.decision_log import DecisionLog

NAMES = ["download", "validate", "preprocess"]
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
CLOCKS = ["-20y", "+40y", "@2000-01-01 00:00:00 x600"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount, or run as another user")


def artefacts(root):
    folder = root / "data" / TASK
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name[0] != "."}


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """A project whose data is encoded."""
    root = create_project(tmp_path_factory.mktemp("machine") / "project")
    for name in NAMES:
        assert run(root, name).code == 0
    return root


@pytest.fixture
def copied(encoded, tmp_path):
    shutil.copytree(encoded, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def full(copied):
    """Mount data/<task> on a full file system; return the project and the file that fills it."""
    folder, original = copied / "data" / TASK, copied / "original"
    folder.rename(original)
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file system is not permitted")
    shutil.copytree(original, folder, dirs_exist_ok=True)
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
def test_a_full_disk_is_reported_and_the_next_run_completes(full, name):
    root, filler = full
    before = artefacts(root)
    result = run(root, name)
    assert result.code == 1, result.output
    assert "No space left on device. Free disk space" in " ".join(result.output.split())
    assert "Traceback" not in result.output
    assert artefacts(root) == before
    filler.unlink()
    before.pop("filler")
    assert run(root, name).code == 0
    assert artefacts(root) == before


def stage_with_permissions(name, function, task):
    """Run a stage as root without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, so that permissions apply."""
    libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    sets[0] &= ~0b110
    assert libc.capset(header, sets) == 0
    stage(name, function, task)


def refused(root, name):
    """Run a stage to which permissions apply; return its output."""
    result = run_in_child(root, stage_with_permissions, name, STAGES[name], TASK)
    output = " ".join(result.output.split())
    assert result.code == 1, output
    assert "Permission denied. Free disk space or fix the permissions" in output
    assert "Traceback" not in output
    return output


@as_root
@pytest.mark.parametrize("name", NAMES)
def test_read_only_folders_are_reported_and_the_next_run_completes(copied, name):
    before = artefacts(copied)
    folders = [copied, *(path for path in copied.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    output = refused(copied, name)
    for folder in folders:
        folder.chmod(0o755)
    assert str(copied) in output
    assert artefacts(copied) == before
    assert run(copied, name).code == 0
    assert artefacts(copied) == before


@as_root
def test_an_unreadable_file_is_reported(copied):
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
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert artefacts(copied) == before


@pytest.mark.skipif(not FAKETIME.is_file(), reason="faketime not found: apt-get install faketime")
def test_versions_keep_their_order_when_the_clock_is_set_back_between_them(copied, monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", str(FAKETIME))
    weights = []
    for seed, clock in ((0, "+40y"), (1, "-20y")):
        change(copied, fit={"seed": seed}, evaluation={"seeds": 1})
        monkeypatch.setenv("FAKETIME", clock)
        process = start(copied, "train,repeat,evaluate", [TASK])
        output, _ = process.communicate()
        assert process.returncode == 0, output
        weights.append(sha256_of(copied / "data" / TASK / "model.weights.h5"))
    assert weights[0] != weights[1]
    decided = DecisionLog.read(Project(copied)).decisions
    assert [entry["version"] for entry in decided if entry["stage"] == "outcome"] == ["1", "2"]
    code, output = plain_user.run(copied, copied, "seqops", "compare", TASK)
    assert code == 0 and "Traceback" not in output, output
    assert output.index(" v2") < output.index(" v1"), output
