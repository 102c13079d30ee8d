"""A home that cannot be written to, git in any state or absent, umask 077: DVC and the commands work."""

import os
import shutil
import subprocess
from pathlib import Path

import plain_user
import pytest
from small_project import TASK, create_project

import checkout

AUTHOR = ["-c", "user.name=ann", "-c", "user.email=ann@example.org"]
OUTPUTS = ["arrays", "meta.json", "table.parquet"]


def git(root, *words):
    subprocess.run(["git", *AUTHOR, *words], cwd=root, check=True, capture_output=True)


def without_git(root):
    dvc(root, "init", "--no-scm")


def without_commits(root):
    git(root, "init")
    dvc(root, "init")


def detached(root):
    without_commits(root)
    git(root, "add", "params.yaml", "dvc.yaml", ".dvc")
    git(root, "commit", "-m", "one")
    git(root, "checkout", "--detach")


def dirty(root):
    detached(root)
    git(root, "switch", "-c", "other")
    (root / "params.yaml").write_text((root / "params.yaml").read_text() + "# changed\n")
    git(root, "rm", "--cached", "dvc.yaml")
    (root / "untracked \N{SNOWMAN}.txt").write_text("x")


def merging(root):
    """Leave a merge with a conflict in a file that no command reads."""
    detached(root)
    for branch, text in (("left", "1"), ("right", "2")):
        git(root, "switch", "-c", branch, "HEAD" if branch == "left" else "left~1")
        (root / "notes.txt").write_text(text)
        git(root, "add", "notes.txt")
        git(root, "commit", "-m", branch)
    assert subprocess.run(
        ["git", *AUTHOR, "merge", "left"], cwd=root, check=False, capture_output=True
    ).returncode


PLACES = [without_git, without_commits, detached, dirty, merging]


def run(root, words, home):
    code, output = plain_user.run(root, home, *words)
    assert "Traceback" not in output, output
    return code, output


def dvc(root, *words, home=Path("/nonexistent")):
    code, output = run(root, ["dvc", *words], home)
    assert code == 0, output
    return output


def works(root, home):
    """Run the stages up to the encoded data, and the commands that look for git or for the home."""
    dvc(root, "repro", f"preprocess@{TASK}", home=home)
    assert all((root / "data" / TASK / name).exists() for name in OUTPUTS)
    assert "up to date" in dvc(root, "repro", f"preprocess@{TASK}", home=home)
    code, output = run(root, ["seqops", "compare", TASK], home)
    assert (code, "is registered. Run `dvc repro`" in output) == (1, True), output


@pytest.fixture
def project(tmp_path):
    root = create_project(tmp_path / "project")
    shutil.copytree(checkout.HERE.parent / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_the_state_of_git_changes_nothing(project, tmp_path, place, figures):
    place(project)
    works(project, tmp_path)
    figures("places", f"git: {place.__name__}", tried=3, withstood=3)


@pytest.mark.skipif(os.geteuid() == 0 and plain_user.SETPRIV is None, reason="needs setpriv")
@pytest.mark.parametrize("kind", ["read-only", "missing"])
def test_a_home_that_cannot_be_written_to_changes_nothing(project, tmp_path, kind, figures):
    home = tmp_path / "home"
    if kind == "read-only":
        home.mkdir(mode=0o555)
    without_commits(project)
    works(project, home)
    assert not home.is_dir() or not any(home.iterdir())
    figures("places", f"home: {kind}", tried=3, withstood=3)


@pytest.mark.parametrize("words", [["run"], ["retrain", TASK], ["tune", TASK], ["doctor"]], ids=" ".join)
def test_a_file_in_place_of_the_home_is_named(project, tmp_path, words, figures):
    (tmp_path / "home").write_text("")
    without_commits(project)
    code, output = run(project, ["seqops", *words], tmp_path / "home")
    assert code != 0
    assert f"DVC cannot read its settings in {tmp_path}/home/.config/dvc/config: Not a directory." in output
    figures("places", f"home: a file, {words[0]}", tried=1, withstood=1)


def test_with_umask_077_everything_works_and_nobody_else_may_read_it(project, tmp_path, figures):
    former = os.umask(0o077)
    try:
        without_commits(project)
        works(project, tmp_path)
    finally:
        os.umask(former)
    made = [project / "data" / TASK, *(project / "data" / TASK / name for name in OUTPUTS)]
    # DVC gives files of its cache to all for reading, below folders that are closed
    made += [project / ".state", project / ".dvc" / "cache"]
    assert [path for path in made if path.is_dir() and path.stat().st_mode & 0o077] == []
    figures("places", "umask 077", tried=3, withstood=3)


def test_dvc_itself_with_a_file_in_place_of_the_home_changes_nothing(project, tmp_path, figures):
    """Its traceback is DVC's own; `seqops run` names the file instead."""
    (tmp_path / "home").write_text("")
    without_commits(project)
    code, _ = plain_user.run(project, tmp_path / "home", "dvc", "repro", f"preprocess@{TASK}")
    assert code != 0
    assert not (project / "dvc.lock").exists() and not (project / "data" / TASK).exists()
    (tmp_path / "home").unlink()
    works(project, tmp_path / "home")
    figures("places", "home: a file, dvc", tried=1, withstood=1)
