"""What an upgrade of a project changes: files as the user left them are replaced, edited ones are kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from seqops.cli.params_upgrade import upgraded_params
from seqops.cli.project_files import DVC_CONFIG, LOCK, PARAMS
from seqops.core.errors import SeqopsError
from seqops.core.files import read_json, write_json
from seqops.runtime.installed_code import FOLDER, RELEASE, version

BESIDE = ".new"
"""Ending of a file of the release beside one that keeps the user's edits."""
KEPT = (".dvc/.gitignore", DVC_CONFIG)


@dataclass(frozen=True)
class Change:
    """A file of a project, its present content (None: there is no such file), and the release's.

    edited: the user changed it, too: it stays, and the release's is written beside it.
    """

    path: str
    before: bytes | None
    after: bytes
    edited: bool = False

    @property
    def target(self) -> str:
        """Return the file to write."""
        return self.path + BESIDE * self.edited

    def diff(self) -> str:
        """Format the change as a unified diff."""
        before, after = (
            (content or b"").decode("utf-8", "replace").splitlines() for content in (self.before, self.after)
        )
        origin = "/dev/null" if self.before is None else self.path
        return "\n".join(difflib.unified_diff(before, after, origin, self.target, lineterm=""))


def release_of(root: Path) -> Path:
    """Return the file that records the version which wrote a project, and the hashes of its files."""
    return root / FOLDER / RELEASE


def record_release(root: Path, files: Mapping[str, bytes]) -> None:
    """Record the installed version, and the hashes of the files as it writes them."""
    hashes = {name: sha256(content).hexdigest() for name, content in files.items() if _is_recorded(name)}
    write_json(release_of(root), {"version": version(), "files": hashes})


def _is_recorded(name: str) -> bool:
    return not name.startswith(f"{FOLDER}/") and name not in (LOCK, PARAMS, *KEPT)


def changes(root: Path, files: Mapping[str, bytes]) -> list[Change]:
    """List what changes if a project gets the files of the installed release.

    A file that both the user and the release changed stays; the release's is written beside it as NAME.new.
    Raises SeqopsError if the folder is not a project made by `seqops init`.
    """
    if not release_of(root).is_file():
        raise SeqopsError(f"{root} was not made by `seqops init`: {FOLDER}/{RELEASE} is missing.")
    recorded = read_json(release_of(root))["files"]
    return list(_changes(root, files, recorded))


def _changes(root: Path, files: Mapping[str, bytes], recorded: Mapping[str, str]) -> Iterator[Change]:
    for name, content in files.items():
        path = root / name
        before = path.read_bytes() if path.is_file() else None
        if name == PARAMS and before is not None:
            content = upgraded_params(before.decode("utf-8"), content.decode("utf-8")).encode("utf-8")
        if before == content or (name in KEPT and before is not None):
            continue
        written = recorded.get(name)
        if written == sha256(content).hexdigest():
            continue  # the user's edit of a file that the release did not change
        edited = _is_recorded(name) and before is not None and written != sha256(before).hexdigest()
        yield Change(name, before, content, edited)


def unmerged(root: Path) -> list[str]:
    """List the files of a release that lie beside edited ones, in a project made by `seqops init`."""
    recorded = read_json(release_of(root))["files"] if release_of(root).is_file() else {}
    return [name + BESIDE for name in recorded if (root / (name + BESIDE)).is_file()]
