"""Differences between the current environment and the one in which a bundle was registered."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def differences(bundle: Path) -> list[str]:
    """List the pins of a bundle that are not met: `tensorflow 2.20.0 (2.21.0 here)`."""
    return [*_python(bundle / "python_env.yaml"), *_packages(bundle / "requirements.txt")]


def _python(path: Path) -> list[str]:
    try:
        wanted = str(YAML(typ="safe").load(path)["python"])
    except (OSError, YAMLError, KeyError, TypeError):
        return []
    here = platform.python_version()
    # a patch release changes neither bytecode nor behaviour
    same = wanted.split(".")[:2] == here.split(".")[:2]
    return [] if same else [f"python {wanted} ({here} here)"]


def _packages(path: Path) -> list[str]:
    if not path.is_file():
        return []
    found = []
    for line in path.read_text("utf-8").splitlines():
        try:
            wanted = Requirement(line)
        except InvalidRequirement:  # an empty line, a comment or a pip option
            continue
        here = installed_version(wanted.name)
        if here is None or not wanted.specifier.contains(here, prereleases=True):
            pinned = str(wanted.specifier).removeprefix("==")
            found.append(f"{wanted.name} {pinned} ({f'{here} here' if here else 'not installed'})")
    return found


def installed_version(name: str) -> str | None:
    """Return the installed version of a package; None if it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
