"""The exact versions of the packages that this one needs, as they are installed."""

from __future__ import annotations

import importlib.metadata
from contextlib import suppress

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def pins(distribution: str) -> list[str]:
    """Pin every installed package that a distribution needs, directly or not, to its version; sorted."""
    found: dict[str, str] = {}
    done: set[tuple[str, str]] = set()
    pending = _needed(importlib.metadata.distribution(distribution), "")
    while pending:
        wanted = pending.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras}:
            if (name, extra) in done:
                continue
            done.add((name, extra))
            with suppress(importlib.metadata.PackageNotFoundError):
                installed = importlib.metadata.distribution(name)
                found[name] = installed.version
                pending += _needed(installed, extra)
    return [f"{name}=={found[name]}" for name in sorted(found)]


def _needed(installed: importlib.metadata.Distribution, extra: str) -> list[Requirement]:
    """List what a distribution needs here, and for an extra (empty: for none)."""
    wanted = map(Requirement, installed.requires or [])
    return [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": extra})]
