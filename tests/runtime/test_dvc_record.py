"""dvc.lock is read as DVC reads it, or named with what to do, before work begins that needs it."""

import json
import subprocess
import sys

import pytest

from seqops.cli.checks import record
from seqops.cli.findings import run
from seqops.core.errors import DataError, SeqopsError
from seqops.core.project import Project
from seqops.runtime.dvc_lock import kept_from_stages, remove_cut_list
from seqops.runtime.dvc_record import require_readable_record

MD5 = "764efa883dda1e11db47671c4a3bbd9e"
GOOD = f"""\
schema: '2.0'
stages:
  download@toy:
    cmd: cp in out
    deps:
    - path: in
      hash: md5
      md5: {MD5}
      size: 3
    outs:
    - path: out
      hash: md5
      md5: {MD5}.dir
      size: 3
      nfiles: 1
"""
RESTORE = "Restore it with `git checkout dvc.lock`, or delete it"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.mark.parametrize("text", [GOOD, "schema: '2.0'\n", GOOD[: GOOD.index("    outs")]])
def test_a_record_that_dvc_reads_is_accepted(project, text):
    require_readable_record(project)
    (project.root / "dvc.lock").write_text(text)
    require_readable_record(project)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"dvc.lock: DVC cannot read it: expected a dictionary. {RESTORE}"),
        (GOOD.replace("size: 3", "size: big", 1).encode(), "expected int at stages.download@toy.deps.0"),
        (GOOD.replace(": md5", ": md4", 1).encode(), "stages.download@toy has no valid hash for in."),
        (GOOD.replace(MD5, MD5[:9], 1).encode(), "stages.download@toy has no valid hash for in."),
        (GOOD.replace("    cmd", "\tcmd").encode(), "dvc.lock:4: DVC cannot read it: not valid YAML (found"),
        (GOOD.replace("size: 3", "size: 3\n<<<<<<< HEAD").encode(), "dvc.lock:10: a merge conflict. Take"),
        (GOOD.encode() + b"\xff", f"not UTF-8 at byte {len(GOOD)}. {RESTORE}"),
        (GOOD.encode() + b"\0", "not valid YAML"),
        (b"[" * 5000, "not valid YAML"),
        (b"a: " + b"9" * 5000, "not valid YAML"),
        (b"a: 2020-13-45", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_record_that_dvc_cannot_read_is_named_with_what_to_do(project, content, message):
    (project.root / "dvc.lock").write_bytes(content)
    with pytest.raises(DataError) as error:
        require_readable_record(project)
    assert message in str(error.value)
    (finding,) = run("dvc.lock", record, project)
    assert (finding.ok, finding.message) == (False, str(error.value))


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"write": {"a": {"pid": "x", "cmd": ""}}}'])
def test_a_damaged_lock_file_of_dvc_is_named(project, content):
    command = [sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"]
    subprocess.run(command, cwd=project.root, check=True)
    with kept_from_stages(project, [], "a test"):
        pass
    rwlock = project.root / ".dvc" / "tmp" / "rwlock"
    rwlock.write_bytes(content)
    with (
        pytest.raises(SeqopsError, match=r"If no `dvc` command runs, delete \.dvc/tmp/rwlock"),
        kept_from_stages(project, [], "a test"),
    ):
        pass
    rwlock.unlink()
    (finding,) = run("dvc.lock", record, project)
    assert finding.ok


@pytest.mark.parametrize("content", [b"", b'{"write": {"a": {"pi', b"\0\0"])
@pytest.mark.parametrize("by", [remove_cut_list, lambda project: list(record(project))])
def test_a_list_of_files_in_use_that_a_killed_dvc_has_cut_is_deleted(project, content, by, capsys):
    command = [sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"]
    subprocess.run(command, cwd=project.root, check=True)
    tmp = project.root / ".dvc" / "tmp"
    tmp.mkdir(exist_ok=True)
    (tmp / "rwlock").write_bytes(content)
    by(project)
    with kept_from_stages(project, [], "a test"):
        assert json.loads((tmp / "rwlock").read_bytes()) == {"read": {}, "write": {}}
    assert capsys.readouterr().err.startswith("Deleted .dvc/tmp/rwlock: a `dvc` that was killed")


@pytest.mark.parametrize("content", [b"{}", b'{"write": {"a": {"pid": 1, "cmd": "b"}}}', b"[]"])
def test_another_list_of_files_in_use_stays(project, content, capsys):
    tmp = project.root / ".dvc" / "tmp"
    tmp.mkdir(parents=True)
    remove_cut_list(project)
    (tmp / "rwlock").write_bytes(content)
    remove_cut_list(project)
    assert (tmp / "rwlock").read_bytes() == content
    assert capsys.readouterr().err == ""


def test_a_list_that_dvc_is_writing_stays(project):
    from dvc.lock import make_lock

    tmp = project.root / ".dvc" / "tmp"
    tmp.mkdir(parents=True)
    (tmp / "rwlock").write_bytes(b"")
    with make_lock(str(tmp / "rwlock.lock"), tmp_dir=str(tmp)):
        remove_cut_list(project)
    assert (tmp / "rwlock").exists()
