"""A full disk, closed folders, a clock that jumps: told in words, nothing lost, the next run completes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from small import STAGES, TASK, founded, run
from warm import play, stage

from checkout import start
from seqops.store import sha256_of

NAMES = ["download", "validate", "preprocess"]
NOBODY = 65534
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
CLOCKS = ["-20y", "+40y", "@2000-01-01 00:00:00 i2.0"]
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
        pytest.skip("this root may not mount")
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
    assert "No space left on device. Free space" in " ".join(played.said.split())
    assert "Traceback" not in played.said
    assert artefacts(root) == before
    filler.unlink()
    before.pop("filler")
    assert run(root, name).code == 0
    assert artefacts(root) == before


def closed(name, function, task):
    """Run a stage as root, so that all is imported, and then as one who may write nothing."""
    stage(name, function, task)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    stage(name, function, task)


@pytest.fixture
def visible(copied):
    """Let everyone read the project, as root's umask does outside pytest's own folders."""
    for folder in copied.parents:
        if "pytest" in str(folder):
            folder.chmod(0o755)
    return copied


@as_root
@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_may_not_be_written_is_told_and_the_next_run_completes(visible, name):
    before = artefacts(visible)
    played = play(visible, closed, name, STAGES[name], TASK)
    said = " ".join(played.said.split())
    assert played.code == 1, said
    assert "Permission denied. Free space or mend the permission" in said
    assert "Traceback" not in said
    assert artefacts(visible) == before
    assert run(visible, name).code == 0
    assert artefacts(visible) == before


@as_root
@pytest.mark.parametrize(
    ("name", "file"), [("validate", "raw"), ("preprocess", "table.parquet")], ids=["folder", "file"]
)
def test_what_may_not_be_read_is_told(visible, name, file):
    before = artefacts(visible)
    path = visible / "data" / TASK / file
    mode = path.stat().st_mode
    path.chmod(0o700 if path.is_dir() else 0o600)
    played = play(visible, closed, name, STAGES[name], TASK)
    said = " ".join(played.said.split())
    assert played.code == 1, said
    assert file in said
    assert "Permission denied" in said
    assert "Traceback" not in said
    path.chmod(mode)
    assert artefacts(visible) == before


@pytest.mark.skipif(not FAKETIME.is_file(), reason="Debian's faketime is not installed")
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
