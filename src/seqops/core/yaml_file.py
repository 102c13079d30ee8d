"""A YAML file whose every refusal names the key, its line and what to do."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seqops.core.errors import ConfigError
from seqops.core.renamed_keys import renamed

T = TypeVar("T")
UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")


@dataclass(frozen=True)
class Document:
    """What a YAML file holds, with the place of every key."""

    path: Path
    content: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file. Raises ConfigError for anything but a mapping with a `tasks` mapping."""
        try:
            with well_formed(path):
                document = YAML(typ="rt", pure=True).load(path.read_text("utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"{path} does not exist. Restore it: `git checkout params.yaml`.") from None
        if not isinstance(document, Mapping) or not isinstance(document.get("tasks"), Mapping):
            raise ConfigError(f"{path.name}: it must be a mapping with a mapping `tasks` in it.")
        return cls(path, document)

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """Return a copy with the values of dotted keys (`tasks.<name>.model.units`) set.

        Raises ConfigError for a key that is not there; a value is checked when its section is read.
        """
        document = copy.deepcopy(self.content)
        for full, value in values.items():
            keys = full.split(".")
            section: Any = document
            for place, key in enumerate(keys):
                known = section if isinstance(section, Mapping) else {}
                if key not in known:
                    raise self.unknown(".".join(keys[:place]), key, known)
                section, holder = section[key], section
            holder[keys[-1]] = value
        return replace(self, content=document)

    def section(self, cls: type[T], path: str) -> T:
        """Read a section as a dataclass. Raises ConfigError."""
        value: Any = self.content
        for key in path.split("."):
            if not isinstance(value, Mapping) or key not in value:
                raise ConfigError(f"{self.at(path)}: missing. Add it.")
            value = value[key]
        checked: T = self.typed(value, cls, path)
        return checked

    def typed(self, value: Any, kind: Any, path: str) -> Any:
        """Check a value that stands at a dotted path. Raises ConfigError."""
        try:
            # by way of JSON, where strict mode still takes a list for a tuple
            return TypeAdapter(kind).validate_json(json.dumps(value, allow_nan=False), strict=True)
        except ValidationError as error:
            raise self._refusal(error, kind, path) from None
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{self.at(path)}: {error}") from None

    def _refusal(self, error: ValidationError, kind: Any, path: str) -> ConfigError:
        # a misspelt key is missing too: its own name says more
        first = sorted(error.errors(), key=lambda found: found["type"] not in UNKNOWN)[0]
        keys = [str(part) for part in first["loc"]]
        full = ".".join([path, *keys])
        if first["type"] in UNKNOWN:
            known = [f.name for f in fields(kind)] if len(keys) == 1 else []
            return self.unknown(".".join([path, *keys[:-1]]), keys[-1], known)
        if first["type"] in ("missing", "missing_argument"):
            return ConfigError(f"{self.at(full)}: missing. Add it.")
        if first["type"] == "value_error":
            return ConfigError(f"{self.at(full)}: {first['msg'].removeprefix('Value error, ')}.")
        return ConfigError(f"{self.at(full)}: {first['msg']}, got {shortened(repr(first['input']))}.")

    def unknown(self, parent: str, key: str, known: Iterable[str]) -> ConfigError:
        """Refuse a key that stands under a dotted path, and name the nearest one."""
        full = f"{parent}.{key}" if parent else key
        if new := renamed(full):
            return ConfigError(f"{self.at(full)}: `{key}` is now `{new.removeprefix(f'{parent}.')}`.")
        return ConfigError(f"{self.at(full)}: unknown key{nearest(key, known)}.")

    def at(self, path: str) -> str:
        """Name the file, the line of the deepest key of the dotted path that stands in it, and the path."""
        value, parts, line = self.content, path.split("."), None
        while parts and isinstance(value, Mapping):
            # a key may have dots of its own
            held = [n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in value]
            if not held:
                break
            key, parts = ".".join(parts[: held[0]]), parts[held[0] :]
            line = value.lc.key(key)[0] + 1 if hasattr(value, "lc") else None
            value = value[key]
        return f"{self.path.name}: {path}" if line is None else f"{self.path.name}:{line}: {path}"


@contextmanager
def well_formed(path: Path) -> Iterator[None]:
    """Turn all that reading a YAML file raises to one message. Raises ConfigError."""
    try:
        yield
    except RecursionError:
        raise ConfigError(f"{path.name} is not valid YAML: it is nested too deeply. Mend it.") from None
    except (YAMLError, ValueError) as error:
        # a date or a number that cannot be is a ValueError, and so are bytes that are not UTF-8
        told = shortened(" ".join(str(error).split()), 300)
        raise ConfigError(f"{path.name} is not valid YAML: {told}") from None


def shortened(text: str, most: int = 80) -> str:
    """Cut a text for a message."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def nearest(key: str, known: Iterable[str]) -> str:
    """Name the known key that is nearest to a wrong one, or else all of them."""
    names = [str(k) for k in known]
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else (f"; known: {', '.join(names)}" if names else "")
