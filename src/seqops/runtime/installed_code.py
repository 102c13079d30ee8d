"""Hashes of the installed package's folders: what the stages of a project outside a checkout depend on.

`installed/` of such a project mirrors `src/seqops` of a checkout: the file `installed/core` has the hash of
the folder `core`.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from seqops.core.errors import SeqopsError
from seqops.core.files import sha256_of

PACKAGE = Path(__file__).resolve().parents[1]
FOLDER = "installed"
RELEASE = "release.json"
"""Beside the hashes: the version, and the hashes of the project's files as that version wrote them."""
CACHE = "__pycache__"
LISTED = 3  # parts that an error names


def version() -> str:
    """Return the version of the installed package."""
    return importlib.metadata.version(PACKAGE.name)


def hashes(*patterns: str) -> dict[str, str]:
    """Hash the parts of the package that match a pattern (`core`, `tasks/*/*`), by their path."""
    found = sorted(path for pattern in patterns for path in PACKAGE.glob(pattern) if CACHE not in path.parts)
    return {path.relative_to(PACKAGE).as_posix(): sha256_of(path, ignored=CACHE) for path in found}


def require_recorded(root: Path) -> None:
    """Raise SeqopsError if a project recorded another code than is installed."""
    if parts := differing(root):
        more = f" and {len(parts) - LISTED} more" if len(parts) > LISTED else ""
        raise SeqopsError(
            f"the installed seqops {version()} is not the one that {FOLDER}/ records: it differs in "
            f"{', '.join(parts[:LISTED])}{more}. Run `seqops init --upgrade` in {root}."
        )


def differing(root: Path) -> list[str]:
    """List the parts of the package that are not as a project recorded them; none in a checkout."""
    files = [path for path in sorted((root / FOLDER).rglob("*")) if path.is_file() and path.name != RELEASE]
    recorded = {path.relative_to(root / FOLDER).as_posix(): path.read_text("utf-8").strip() for path in files}
    return [part for part, digest in recorded.items() if hashes(part).get(part) != digest]
