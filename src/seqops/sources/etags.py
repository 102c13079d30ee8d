"""The HTTP validators of downloaded files, so that only changed files are downloaded again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqops.core.errors import DataError
from seqops.core.files import read_json, sha256_of, write_json
from seqops.sources.answers import Validators


@dataclass(frozen=True)
class EtagCache:
    """A JSON file: by the key of a URL, its validators and the sha256 of the downloaded file.

    It is only a cache: a missing or unreadable entry means that the file is downloaded again.
    """

    path: Path

    @classmethod
    def open(cls, state: Path, task: str) -> EtagCache:
        """Return the cache of a task, moved first if an earlier release left it in `editions`."""
        path = state / "etags" / f"{task}.json"
        if not path.exists():
            with suppress(FileNotFoundError):
                path.parent.mkdir(parents=True, exist_ok=True)
                (state / "editions" / path.name).replace(path)
        return cls(path)

    def lookup(self, key: str, file: Path) -> Validators | None:
        """Return the validators of a file that is unchanged since its download; None otherwise."""
        match self._read().get(key):
            case {"etag": str(etag), "modified": str(modified), "sha256": str(sha256)}:
                return Validators(etag, modified) if file.is_file() and sha256 == sha256_of(file) else None
        return None

    def remember(self, key: str, validators: Validators, file: Path) -> None:
        """Store the validators of a downloaded file."""
        write_json(self.path, {**self._read(), key: {**asdict(validators), "sha256": sha256_of(file)}})

    def _read(self) -> dict[str, Any]:
        try:
            found = read_json(self.path)
        except DataError:
            return {}
        return found if isinstance(found, dict) else {}
