"""Which edition of an address each file came from, so that only another one is brought again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqops.core.errors import DataError
from seqops.core.files import read_json, sha256_of, write_json
from seqops.sources.http import Validators


@dataclass(frozen=True)
class EtagCache:
    """The record, a JSON file: by the key of an address, its edition and the sha256 of the file.

    It only ever saves a transfer: what is lost or unreadable is brought again.
    """

    path: Path

    def lookup(self, key: str, file: Path) -> Validators | None:
        """Return the edition of a file that is still as it came; None where that is not known."""
        known = self._read().get(key, {})
        if not file.is_file() or known.get("sha256") != sha256_of(file):
            return None
        return Validators(known["etag"], known["modified"])

    def remember(self, key: str, validators: Validators, file: Path) -> None:
        """Record what an address gave."""
        write_json(self.path, {**self._read(), key: {**asdict(validators), "sha256": sha256_of(file)}})

    def _read(self) -> dict[str, Any]:
        try:
            found = read_json(self.path)
        except DataError:
            return {}
        return found if isinstance(found, dict) else {}
