"""YAML files read into dataclasses; every error names the key, its line and the fix."""

from __future__ import annotations

import copy
import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seqops.core.errors import ConfigError, quoted, shortened
from seqops.core.renamed_keys import renamed

T = TypeVar("T")
UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")


@dataclass(frozen=True)
class Document:
    """The content of a YAML file, with the line of every key."""

    path: Path
    content: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file. Raises ConfigError if it is not a mapping that contains the mapping `tasks`."""
        try:
            with well_formed(path):
                document = _parsed(path.read_text("utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"{path} does not exist. Restore it: `git checkout params.yaml`.") from None
        if not isinstance(document, Mapping) or not isinstance(document.get("tasks"), Mapping):
            raise ConfigError(f"{path.name}: not a mapping that contains the mapping `tasks`. Add it.")
        return cls(path, document)

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """Return a copy with the values of dotted keys (`tasks.<name>.model.units`) set.

        Raises ConfigError for an unknown key; a value is checked when its section is read.
        """
        document = copy.deepcopy(self.content)
        for full, value in values.items():
            keys = full.split(".")
            section: Any = document
            for depth, key in enumerate(keys):
                known = section if isinstance(section, Mapping) else {}
                if key not in known:
                    raise self.unknown(".".join(keys[:depth]), key, known)
                section, parent = section[key], section
            parent[keys[-1]] = value
        return replace(self, content=document)

    def section(self, cls: type[T], path: str) -> T:
        """Read a section as a dataclass. Raises ConfigError if it is missing or invalid."""
        value: Any = self.content
        for key in path.split("."):
            if not isinstance(value, Mapping) or key not in value:
                raise ConfigError(f"{self.at(path)}: missing. Add it.")
            value = value[key]
        checked: T = self.typed(value, cls, path)
        return checked

    def typed(self, value: Any, kind: Any, path: str) -> Any:
        """Validate the value at a dotted path. Raises ConfigError if it is invalid."""
        try:
            # through JSON, where strict mode still accepts a list as a tuple
            return TypeAdapter(kind).validate_json(json.dumps(value, allow_nan=False), strict=True)
        except ValidationError as error:
            raise self._invalid(error, kind, path) from None
        except ConfigError as error:
            raise ConfigError(f"{self.at(path)}: {error}") from None
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{self.at(path)}: {error}") from None

    def _invalid(self, error: ValidationError, kind: Any, path: str) -> ConfigError:
        # a misspelt key is reported as missing and as unknown: the unknown one explains more
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
        end = "."
        if first["type"] == "literal_error":
            end = did_you_mean(str(first["input"]), re.findall(r"'([^']*)'", first["ctx"]["expected"]))
        return ConfigError(f"{self.at(full)}: {first['msg']}, got {quoted(first['input'])}{end}")

    def unknown(self, parent: str, key: str, known: Iterable[str]) -> ConfigError:
        """Return the error for an unknown key below a dotted path, with the nearest known key."""
        full = f"{parent}.{key}" if parent else key
        if new := renamed(full):
            return ConfigError(f"{self.at(full)}: `{key}` is now `{new.removeprefix(f'{parent}.')}`.")
        return ConfigError(f"{self.at(full)}: unknown key{nearest(key, known)}")

    def at(self, path: str) -> str:
        """Format the file, the line of the deepest key of the dotted path that exists, and the path."""
        value, parts, line = self.content, path.split("."), None
        while parts and isinstance(value, Mapping):
            # a key may itself contain dots
            found = [n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in value]
            if not found:
                break
            key, parts = ".".join(parts[: found[0]]), parts[found[0] :]
            line = value.lc.key(key)[0] + 1 if hasattr(value, "lc") else None
            value = value[key]
        shown = shortened(path, 300)
        return f"{self.path.name}: {shown}" if line is None else f"{self.path.name}:{line}: {shown}"


@lru_cache(maxsize=8)
def _parsed(text: str) -> Any:
    """Parse a text once: with its lines it takes longer than all else that is done with the file."""
    return YAML(typ="rt", pure=True).load(text)


@contextmanager
def well_formed(path: Path) -> Iterator[None]:
    """Convert every error of reading a YAML file to ConfigError with one message."""
    try:
        yield
    except RecursionError:
        raise ConfigError(f"{path.name} is not valid YAML: nested too deeply. Flatten it.") from None
    except (YAMLError, ValueError) as error:
        # an impossible date or number is a ValueError, and so are bytes that are not UTF-8
        reason = shortened(" ".join(str(error).split()), 300)
        raise ConfigError(f"{path.name} is not valid YAML: {reason}") from None


def nearest(key: str, known: Iterable[str]) -> str:
    """End a message about a wrong name: with the known name that is nearest to it, or all known names."""
    names = [str(k) for k in known]
    end = did_you_mean(key, names)
    return f"; known: {', '.join(names)}." if end == "." and names else end


def did_you_mean(key: str, known: Sequence[str]) -> str:
    """End a message about a wrong name with the known name that is nearest to it, if one is near."""
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else "."
