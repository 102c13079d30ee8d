"""Arrays that take long to compute, kept on disk by the content that they were computed from."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqops.core.files import atomic_write, sha256_of_json
from seqops.core.ragged import Array

UNREADABLE = (
    OSError,
    ValueError,
    TypeError,  # one array instead of an archive
    KeyError,
    EOFError,
    OverflowError,
    SyntaxError,  # of the header of an array
    RuntimeError,  # a file that claims to be encrypted, or compressed in an unknown way
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
)
"""Exceptions of a missing or corrupt `.npz` file; the checksums of its members find changed bytes."""

NAMES = "__names__"
"""The member with the names of all others: a damaged directory of a zip file may have lost some."""


@dataclass(frozen=True)
class ArrayCache:
    """A folder of named arrays, one file for each key; without a folder nothing is kept."""

    folder: Path | None = None

    def get(self, key: Mapping[str, Any], compute: Callable[[], Mapping[str, Array]]) -> Mapping[str, Array]:
        """Return what was stored under a key of plain JSON; compute and store it if that is not readable."""
        if self.folder is None:
            return compute()
        path = self.folder / f"{sha256_of_json(key)}.npz"
        with suppress(*UNREADABLE), np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored[NAMES].tolist()}
        found = compute()
        with atomic_write(path) as temporary:
            np.savez(temporary, allow_pickle=False, **found, **{NAMES: np.array([*found], np.str_)})
        return found
