"""Files are kept from DVC's stages while they are replaced; a stage that uses them ends first."""

import subprocess
import sys
import time

import pytest

from seqops.core.project import Project
from seqops.runtime import dvc_lock
from seqops.runtime.dvc_lock import kept_from_stages

STAGE = """
stages:
  copy:
    cmd: {command}
    deps: [raw]
    outs: [table]
"""
WAIT = "touch started; while [ ! -e go ]; do sleep 0.05; done; cp raw table"


@pytest.fixture
def project(tmp_path):
    """A project of one stage, which waits for the file `go` before it copies `raw`."""
    (tmp_path / "raw").write_text("old")
    (tmp_path / "dvc.yaml").write_text(STAGE.format(command=f"'{WAIT}'"))
    dvc(tmp_path, "init", "--no-scm", "--quiet").communicate()
    return Project(tmp_path)


def dvc(root, *words):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([sys.executable, "-m", "dvc", *words], cwd=root, **pipes)


def test_a_file_is_replaced_after_the_stage_that_reads_it(project, monkeypatch):
    root = project.root
    running = dvc(root, "repro")
    while not (root / "started").exists():
        time.sleep(0.02)
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        (root / "go").touch()
        running.wait()

    monkeypatch.setattr(dvc_lock.time, "sleep", sleep)
    with kept_from_stages(project, [root / "raw"], "seqops retrain"):
        assert len(waits) == 1
        assert (root / "table").read_text() == "old"
        (root / "raw").write_text("new")
    # DVC knows that the table is that of the old file
    assert dvc(root, "repro").wait() == 0
    assert (root / "table").read_text() == "new"


def test_a_stage_is_refused_while_its_file_is_replaced(project):
    (project.root / "go").touch()
    with kept_from_stages(project, [project.root / "raw"], "seqops retrain"):
        output, _ = dvc(project.root, "repro").communicate()
        assert "it is being blocked by" in output
        assert "seqops retrain" in output
    assert dvc(project.root, "repro").wait() == 0


def test_a_project_without_dvc_has_no_stages_to_wait_for(tmp_path):
    with kept_from_stages(Project(tmp_path), [tmp_path / "raw"], "seqops retrain"):
        pass
