"""data/catalog.yaml: the URLs and sha256 of the named public datasets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints, TypeAdapter, ValidationError
from ruamel.yaml import YAML

from seqops.core.errors import SeqopsError
from seqops.core.yaml_file import well_formed

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Url = Annotated[str, StringConstraints(pattern="^https?://")]


@dataclass(frozen=True)
class CatalogEntry:
    """One dataset.

    task: the task whose format it has; file: its name in a mirror's folder of that task; urls: where it is
    published; member: the file to read if the URL serves an archive; sha256: the valid hashes of the raw
    file (publishers repack, so there may be several); obtain: instructions for the user if no URL serves it.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    task: str
    file: str
    urls: tuple[Url, ...]
    sha256: tuple[Sha256, ...]
    licence: str
    citation: str
    member: str | None = None
    obtain: str | None = None

    @property
    def raw_name(self) -> str:
        """The name of the raw file."""
        return Path(self.member or self.file).name


def read_catalog(path: Path) -> dict[str, CatalogEntry]:
    """Read all entries by name. Raises SeqopsError, naming the key, if the file is invalid."""
    try:
        with well_formed(path):
            document = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        return TypeAdapter(dict[str, CatalogEntry]).validate_python(document)
    except FileNotFoundError:
        raise SeqopsError(
            f"{path.name} does not exist. Restore it: `git checkout data/catalog.yaml`."
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SeqopsError(f"{path.name}: {where}: {first['msg']}. Fix the entry.") from None
