"""Every command in docs/quickstart.md is run, in a separate checkout."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "quickstart.md"


def commands():
    """Return the shell blocks of the page, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


def checkout(root):
    """Copy the files that git tracks, and create a `.venv` that links to this environment."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (PROJECT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, root / name)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "--message", "Start"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    (root / ".venv").mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != ".ready":
            (root / ".venv" / entry.name).symlink_to(entry)
    (root / ".venv" / ".ready").touch()


@pytest.mark.slow
def test_every_command_of_the_quickstart_works(tmp_path):
    checkout(tmp_path)
    script = "set -eo pipefail\n" + "\n".join(commands())
    assert "dvc repro" in script and "seqops predict" in script
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "SEQOPS_"))}
    environment = {**inherited, "PYTHONPATH": str(tmp_path / "src")}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    report = tmp_path / "data" / "labelling" / "report.html"
    assert "sequence-labeller-sample" in done.stdout and report.is_file()


def test_the_quickstart_has_no_commands_outside_blocks_that_are_run():
    fences = re.findall(r"^```(\w*)$", PAGE.read_text("utf-8"), re.M)
    assert commands() and set(fences[::2]) <= {"sh", "text", "json", "yaml"}
