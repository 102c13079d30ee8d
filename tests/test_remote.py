"""dvc.lock and a remote, as described in docs/remote.md, with a folder as the remote."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from checkout import HERE
from seqops.core.files import sha256_of
from tuning_project import TASK, create_project

ROOT = HERE.parent
BIN = Path(sys.executable).parent
UP_TO_DATE = "Data and pipelines are up to date.\n"
TINY = """\
stages:
  copy:
    cmd: cp params.yaml data/copy
    params: [n]
    outs: [data/copy]
"""


def run(root, *command):
    """Run a command in a project as a user would; return its output."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "MLFLOW_", "SEQOPS_"))}
    environment |= {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(root / "src")}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def commit_all(root):
    """Commit a project to git, with this repository's ignore files for git and DVC."""
    for name in (".gitignore", ".dvcignore", ".dvc/.gitignore", ".dvc/config"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    run(root, "git", "init", "--quiet", "--initial-branch=main")
    run(root, "git", "config", "user.name", "Ann")
    run(root, "git", "config", "user.email", "ann@example.org")
    run(root, "git", "add", ".")
    run(root, "git", "commit", "--quiet", "--message=Start")
    return root


def status(root):
    return run(root, "git", "status", "--short").splitlines()


def test_git_does_not_ignore_the_lock(tmp_path):
    """DVC does not run if git ignores dvc.lock."""
    shutil.copy(ROOT / ".gitignore", tmp_path)
    run(tmp_path, "git", "init", "--quiet")
    (tmp_path / "dvc.lock").touch()
    assert "?? dvc.lock" in status(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("committed", "changed"), [(False, "?? dvc.lock"), (True, " M dvc.lock")])
def test_experiments_run_whether_or_not_the_lock_is_committed(tmp_path, committed, changed):
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "data" / "catalog.yaml").touch()
    (root / "dvc.yaml").write_text(TINY)
    (root / "params.yaml").write_text("n: 1\n")
    commit_all(root)
    run(root, "dvc", "repro")
    assert status(root) == ["?? dvc.lock"]
    if committed:
        run(root, "git", "add", "dvc.lock")
        run(root, "git", "commit", "--quiet", "--message=Keep the lock")
    run(root, "dvc", "exp", "run", "--name", "here", "--set-param", "n=2")
    assert sorted(status(root)) == sorted([changed, " M params.yaml"])
    run(root, "dvc", "exp", "run", "--temp", "--name", "apart", "--set-param", "n=3")
    assert (root / "data" / "copy").read_text() == "n: 2\n"
    for name, content in (("apart", "n: 3\n"), ("here", "n: 2\n")):
        run(root, "dvc", "exp", "apply", name)
        assert (root / "data" / "copy").read_text() == (root / "params.yaml").read_text() == content
        assert sorted(status(root)) == sorted([changed, " M params.yaml"])
        assert run(root, "dvc", "status") == UP_TO_DATE


@pytest.mark.slow
def test_a_fresh_clone_pulls_what_another_clone_has_pushed(tmp_path):
    first, second, remote = tmp_path / "first", tmp_path / "second", tmp_path / "remote"
    create_project(first)
    shutil.copytree(ROOT / "src", first / "src", ignore=shutil.ignore_patterns("__pycache__"))
    yaml, path = YAML(), first / "params.yaml"
    document = yaml.load(path)
    document["tasks"] = {TASK: document["tasks"][TASK]}
    yaml.dump(document, path)
    commit_all(first)
    run(first, "dvc", "repro")
    run(first, "dvc", "remote", "add", "--default", "storage", str(remote))
    run(first, "git", "add", "dvc.lock", ".dvc/config")
    run(first, "git", "commit", "--quiet", "--message=Keep dvc.lock, and name a remote")
    run(first, "dvc", "push")
    assert status(first) == []

    run(tmp_path, "git", "clone", "--quiet", str(first), str(second))
    assert [path.name for path in (second / "data").iterdir()] == ["catalog.yaml"]
    run(second, "dvc", "pull")
    assert run(second, "dvc", "status") == UP_TO_DATE
    assert status(second) == []
    names = sorted(path.name for path in (first / "data" / TASK).iterdir() if path.name[0] != ".")
    assert {"raw", "table.parquet", "arrays", "model.weights.h5", "metrics.json", "plots"} <= set(names)
    for name in names:
        assert sha256_of(second / "data" / TASK / name) == sha256_of(first / "data" / TASK / name), name
    assert "Running stage" not in run(second, "dvc", "repro")

    run(second, "seqops", "publish", TASK)
    (series,) = (second / "data" / TASK / "raw").glob("*.csv")
    answer = run(second, "seqops", "predict", TASK, "--alias", "challenger", series.read_text())
    assert "1961-01" in answer
    assert status(second) == []
