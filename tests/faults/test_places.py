"""A home that cannot be written to, and git in any state or absent: DVC and the commands work."""

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
