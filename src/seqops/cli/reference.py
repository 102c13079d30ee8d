"""The reference of params.yaml, read from the classes that check the file."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen

from seqops.core.settings import FitConfig
from seqops.core.task_parts import NETWORK, module_of
from seqops.params import SHARED, Params
from seqops.runtime.environment import silence_stderr

PLAIN = {int: "integer", float: "number", str: "text", bool: "true or false", NoneType: "null", Any: "value"}
SIGNS = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}


def shared_sections(params: Params) -> dict[str, type]:
    """Return the class of each section that all tasks share."""
    return {name: type(getattr(params, name)) for name in SHARED}


def task_sections(params: Params, task: str) -> dict[str, type]:
    """Return the class of each section of a task that has a fixed set of keys."""
    with silence_stderr():
        network: type = importlib.import_module(module_of(task, NETWORK)).Network
    return {"data": type(params.task(task).data), "model": network, "fit": FitConfig}


@dataclass(frozen=True)
class Setting:
    """One key of a section: dotted name, type, limits, and meaning (None: undocumented)."""

    key: str
    kind: str
    limits: str
    meaning: str | None


WHOLE = {
    "source": Setting(
        "source",
        "text, list or mapping",
        "",
        "`sample` (embedded data, no network), the name of a dataset in `data/catalog.yaml`, a path, a URL, "
        "a list of paths or URLs, or the files of each split. A secret in an address is refused: write "
        "`$NAME` for the value of an environment variable.",
    ),
    "search": Setting(
        "search",
        "mapping",
        "",
        "Keys of `model` or `fit`, and the distributions that `seqops tune` draws their values from.",
    ),
}
"""The keys of a task that are not checked by a class of their own."""


def settings(cls: type, prefix: str = "") -> Iterator[Setting]:
    """List the keys of a settings class, those of nested classes under dotted names."""
    meanings, hints = attributes(cls), get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        nested = _nested(hints[field.name])
        kind, limits = described(hints[field.name])
        if field.default is not MISSING:
            limits = "; ".join(filter(None, [limits, f"optional, default {quoted(field.default)}"]))
        yield Setting(prefix + field.name, kind, limits, meanings.get(field.name))
        if nested is not None:
            many = "[]" if get_origin(hints[field.name]) is tuple else ""
            yield from settings(nested, f"{prefix}{field.name}{many}.")


def attributes(cls: type) -> dict[str, str]:
    """Read the numpydoc `Attributes` sections of a class and of those that it inherits from."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _attributes(inspect.cleandoc(base.__doc__ or ""))
    return found


def _attributes(docstring: str) -> dict[str, str]:
    section = re.search(r"^Attributes\n-+\n(.*?)(?=^\S[^\n]*\n-+$|\Z)", docstring, re.MULTILINE | re.DOTALL)
    entries = re.findall(r"^(\S.*)\n((?:[ ]+.*\n?|\n)+)", section[1] if section else "", re.MULTILINE)
    return {
        name.strip(): " ".join(meaning.split())
        for names, meaning in entries
        for name in names.partition(" :")[0].split(",")
    }


def described(annotation: Any) -> tuple[str, str]:
    """Return the type of a setting, and its limits or allowed values."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        kind, limits = described(arguments[0])
        return kind, ", ".join(filter(None, [limits, *_limits(arguments[1:])]))
    if origin is Literal:
        return "choice", ", ".join(f"`{value}`" for value in arguments)
    if origin is tuple or origin is list:
        kind, limits = described(arguments[0])
        return f"list of {kind}s", limits
    if origin in (Union, UnionType):
        kinds, limits_of = zip(*map(described, arguments), strict=True)
        return " or ".join(kinds), ", ".join(filter(None, limits_of))
    return PLAIN.get(annotation, "mapping"), ""


def _limits(metadata: Sequence[Any]) -> Iterator[str]:
    for item in metadata:
        if isinstance(item, GroupedMetadata):
            yield from _limits([*item])
        elif type(item) in SIGNS:
            attribute, sign = SIGNS[type(item)]
            yield f"{sign} {getattr(item, attribute):g}"
        elif isinstance(item, MinLen):
            yield f"at least {item.min_length} of them" if item.min_length > 0 else ""
        elif isinstance(item, MaxLen):
            yield f"at most {item.max_length} of them"


def _nested(annotation: Any) -> type | None:
    inner = get_args(annotation)[0] if get_origin(annotation) is tuple else annotation
    return inner if isinstance(inner, type) and is_dataclass(inner) else None


def summary(cls: type) -> str:
    """Return the docstring of a class up to its `Attributes`."""
    return inspect.cleandoc(cls.__doc__ or "").partition("Attributes\n----------\n")[0].strip()


def shown(section: Any, key: str) -> str:
    """Return the value of a dotted key; empty if it is absent or a section."""
    for part in key.split("."):
        if not isinstance(section, Mapping) or part not in section:
            return ""
        section = section[part]
    return "" if isinstance(section, Mapping) else quoted(section)


def quoted(value: Any) -> str:
    """Format a value of params.yaml as code."""
    text = json.dumps(value, ensure_ascii=False, default=asdict)
    return f"`{text.replace(chr(34), '') or text}`"
