"""The store of pretrained weights: one `.npz` for each content hash, and a name for each download."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.array_cache import UNREADABLE
from seqops.core.errors import DataError
from seqops.core.files import atomic_write, read_json, write_json
from seqops.core.project import Project

CONFIG, TOKENIZER = "config.json", "tokenizer.json"
"""Texts that are stored beside the tensors, as bytes."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True)
class PretrainedWeights:
    """Tensors by name, with the configuration and the tokenizer of their network.

    sha256: of names, types, shapes and numbers.
    """

    tensors: Mapping[str, npt.NDArray[Any]]
    sha256: str

    @classmethod
    def of(cls, tensors: Mapping[str, npt.NDArray[Any]]) -> PretrainedWeights:
        """Return tensors with their hash."""
        return cls(tensors, _content_hash(tensors))

    @property
    def config(self) -> dict[str, Any]:
        """The published configuration of a text encoder. Raises DataError if they are of another network."""
        found: dict[str, Any] = json.loads(self._text(CONFIG))
        return found

    @property
    def tokenizer(self) -> str:
        """The published tokenizer, as JSON."""
        return self._text(TOKENIZER)

    def _text(self, name: str) -> str:
        if name not in self.tensors:
            raise DataError(f"the pretrained weights have no {name}: they are not those of a text encoder.")
        return self.tensors[name].tobytes().decode("utf-8")


@dataclass(frozen=True)
class WeightsStore:
    """A folder of pretrained weights."""

    folder: Path

    @classmethod
    def of_state(cls, state: Path) -> WeightsStore:
        """Return the store in the state folder of a project."""
        return cls(state / "weights")

    @classmethod
    def of_project(cls) -> WeightsStore:
        """Return the store of the project around the working directory."""
        return cls.of_state(Project.find().state)

    def add(self, name: str, tensors: Mapping[str, npt.NDArray[Any]], origin: Mapping[str, str]) -> str:
        """Store tensors under their hash, and the hash with its origin under a name; return the hash."""
        weights = PretrainedWeights.of(tensors)
        with atomic_write(self.folder / f"{weights.sha256}.npz") as temporary:
            np.savez(temporary, allow_pickle=False, **tensors)
        write_json(self._pointer(name), {**origin, "sha256": weights.sha256})
        return weights.sha256

    def origin(self, name: str) -> dict[str, str]:
        """Return the hash and the origin of named weights. Raises DataError if they are not here."""
        if not NAME.fullmatch(name) or not self._pointer(name).is_file():
            raise DataError(
                f"the pretrained weights {name!r} are not here. Download them: `seqops weights {name}`."
            )
        found: dict[str, str] = read_json(self._pointer(name))
        return found

    def named(self, name: str) -> PretrainedWeights:
        """Read named weights. Raises DataError if they are not here, or damaged."""
        return self.read(name, self.origin(name)["sha256"])

    def read(self, name: str, sha256: str) -> PretrainedWeights:
        """Read the weights of a hash, and check it. Raises DataError if they are not here, or damaged."""
        path = self.folder / f"{sha256}.npz"
        again = f"Download them again: `seqops weights {name}`."
        if not path.is_file():
            raise DataError(
                f"the pretrained weights {name!r} with sha256 {sha256[:12]} are not here. {again}"
            )
        try:
            with np.load(path, allow_pickle=False) as stored:
                weights = PretrainedWeights.of({key: stored[key] for key in stored.files})
        except UNREADABLE:
            raise DataError(f"{path}: not readable. {again}") from None
        if weights.sha256 != sha256:
            raise DataError(f"{path}: its content has sha256 {weights.sha256[:12]}. {again}")
        return weights

    def _pointer(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _content_hash(tensors: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = np.ascontiguousarray(tensors[name])
        digest.update(json.dumps([name, tensor.dtype.str, list(tensor.shape)]).encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()
