"""What `make setup` installs is pinned with hashes, what builds the package included."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pinned(lock):
    """Return the number of hashes of each requirement by its name."""
    parts = re.split(r"^(?=\w)", (ROOT / lock).read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {re.match(r"([\w.-]+)==\S+", part)[1]: part.count("--hash=sha256:") for part in parts}


@pytest.mark.parametrize("lock", ["requirements.lock", "build.lock"])
def test_every_locked_package_has_a_version_and_a_hash(lock):
    assert pinned(lock) and all(pinned(lock).values())


def test_everything_that_installs_or_builds_is_locked():
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    assert {"uv", "editables", *built} <= set(pinned("build.lock"))
    recipe = (ROOT / "Makefile").read_text("utf-8").partition(".ready: ")[2]
    for command in re.findall(r"pip (?:install|sync) .*", recipe):
        assert "--require-hashes" in command or "--no-build-isolation" in command, command
