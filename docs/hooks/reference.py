"""MkDocs hook: reference pages generated at every build, and the pages of `deploy/`."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from seqops.core.registration import Registration
from seqops.params import Params
from seqops.tuning.search_space import KINDS

PROJECT = Path(__file__).parents[2]
SECTIONS = ("evaluation", "registry", "drift", "tuning", "notify", "retraining", "download")
RECIPES = {"deploy.md": "deploy/README.md", "tracking-server.md": "deploy/mlflow/README.md"}
MISSING_DOC = "*not documented*"
PLAIN = {int: "integer", float: "number", str: "text", bool: "true or false", NoneType: "null", Any: "value"}
SIGNS = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}
INTRODUCTION = """\
# params.yaml

All settings are in `params.yaml`. An unknown key, a missing one and a value outside its limits are refused
with file, line and the nearest known name. This page is generated from the classes
that read the file; the values are those of the shipped `params.yaml`.
"""
SOURCE = """\
## tasks.&lt;task&gt;.source

`sample` (embedded data, no network), the name of a dataset in `data/catalog.yaml`, a path, a URL, or a list
of paths or URLs. A secret in an address is refused: write `$NAME` for the value of an environment variable.
See [your own data](../tasks/index.md#your-own-data).
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and the READMEs of `deploy/` to the site."""
    params = Params.load(PROJECT / "params.yaml")
    pages = {"reference/params.md": params_page(params), "reference/commands.md": commands_page()}
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    for path, source in RECIPES.items():
        files.append(File.generated(config, path, abs_src_path=str(PROJECT / source)))
    return files


def commands_page() -> str:
    """Return Typer's page about the commands, without its list of them."""
    command = [sys.executable, "-m", "typer", "seqops.cli", "utils", "docs", "--name", "seqops"]
    page = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return "# Commands\n" + page[page.index("\n## ") :]


def params_page(params: Params) -> str:
    """Return the page about all keys of params.yaml."""
    tasks = {name: params.task(name) for name in params.names}
    parts = [INTRODUCTION]
    for name in SECTIONS:
        section = type(getattr(params, name))
        parts += [f"## {name}", summary(section), table(section, {"value": params.content[name]})]
    fit_config = type(next(iter(tasks.values())).fit_config)
    fits = {name: task.section["fit"] for name, task in tasks.items()}
    parts += [SOURCE, "## tasks.&lt;task&gt;.fit", summary(fit_config), table(fit_config, fits)]
    parts += ["## tasks.&lt;task&gt;.registry", f"Optional. {summary(Registration)}", table(Registration, {})]
    parts += ["## tasks.&lt;task&gt;.search", "Keys of `model` or `fit`, and their distributions:"]
    parts += [f"`kind: {kind}`: {summary(cls)}\n\n{table(cls, {})}" for kind, cls in KINDS.items()]
    for name, task in tasks.items():
        parts += [f"## tasks.{name}"]
        for key, configured in {"data": task.data, "model": task.network()}.items():
            values = table(type(configured), {"value": task.section[key]})
            parts += [f"### tasks.{name}.{key}", summary(type(configured)), values]
        ranges = [(f"`{key}`", _value(entry)) for key, entry in task.section["search"].items()]
        parts += [f"### tasks.{name}.search", _markdown(("key", "searched by default"), ranges)]
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class Setting:
    """One key of a section: dotted name, type, limits, and meaning (None: undocumented)."""

    key: str
    kind: str
    limits: str
    meaning: str | None


def settings(cls: type, prefix: str = "") -> Iterator[Setting]:
    """List the keys of a settings class, those of nested classes under dotted names."""
    meanings, hints = attributes(cls), get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        nested = _nested(hints[field.name])
        kind, limits = described(hints[field.name])
        if field.default is not MISSING:
            limits = "; ".join(filter(None, [limits, f"optional, default {_value(field.default)}"]))
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


def table(cls: type, values: Mapping[str, Mapping[str, Any]]) -> str:
    """Format the keys of a settings class as a table; values: further columns by heading."""
    rows = []
    for setting in settings(cls):
        shown = [_shown(section, setting.key) for section in values.values()]
        meaning = setting.meaning or MISSING_DOC
        rows.append((f"`{setting.key}`", meaning, setting.kind, setting.limits, *shown))
    return _markdown(("key", "meaning", "type", "limits", *values), rows)


def _shown(section: Any, key: str) -> str:
    for part in key.split("."):
        if not isinstance(section, Mapping) or part not in section:
            return ""
        section = section[part]
    return "" if isinstance(section, Mapping) else _value(section)


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text.replace(chr(34), '') or text}`"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
