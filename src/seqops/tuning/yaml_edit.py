"""Set single values in the text of a YAML file and keep every other character."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from seqops.core.errors import ConfigError
from seqops.core.yaml_file import Document

PLAIN = re.compile(r"\w[\w./ -]*")


class InPlaceEditError(ValueError):
    """A value that cannot be set without changing other text."""


def with_values_set(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with the values of dotted keys set; a comment after a value keeps its column.

    values: numbers, texts, true, false or None; lists and mappings of these are written in brackets. Raises
    InPlaceEditError for a missing key, and for one whose value is not alone on its line (a list in a block,
    a block of text, an anchor or an alias).
    """
    root = YAML(typ="rt", pure=True).compose(text)
    found = {_node(root, key): (key, value) for key, value in values.items()}
    # from the end, so that earlier marks stay valid
    for node, (key, value) in sorted(found.items(), key=lambda item: -item[0].start_mark.index):
        start, end = node.start_mark.index, node.end_mark.index
        if node.anchor or "\n" in text[start:end]:
            raise InPlaceEditError(key)
        style = node.style if isinstance(node, ScalarNode) else None
        text = _replace(text, start, end, _formatted(value, style))
    return text


def _node(root: Any, key: str) -> Node:
    node = root
    for part in key.split("."):
        children = {name.value: value for name, value in node.value} if isinstance(node, MappingNode) else {}
        if part not in children:
            raise InPlaceEditError(key)
        node = children[part]
    if isinstance(node, ScalarNode):
        fits = node.style not in ("|", ">")
    else:
        fits = bool(getattr(node, "flow_style", False))
    if not fits:
        raise InPlaceEditError(key)
    return node


def _replace(text: str, start: int, end: int, new: str) -> str:
    if start == end:
        # the value is empty: `key:`
        new = f" {new}"
    padding = re.compile(r"( +)#").match(text, end)
    if not padding:
        return text[:start] + new + text[end:]
    room = end - start + len(padding[1]) - len(new)
    return text[:start] + new + " " * max(1, room) + text[padding.end(1) :]


def _formatted(value: Any, style: str | None) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_formatted(item, None) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {_formatted(item, None)}' for name, item in value.items())}}}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        # YAML 1.1 parsers read 1e-05 as a string
        return str(np.format_float_positional(value, trim="0"))
    if style == "'" and value.isprintable():
        doubled: str = value.replace("'", "''")
        return f"'{doubled}'"
    if style is None and _is_plain(value):
        return str(value)
    escaped = (c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in value)
    return f'"{"".join(escaped)}"'


def _is_plain(value: str) -> bool:
    try:
        # in a flow sequence more characters are special
        return bool(PLAIN.fullmatch(value)) and YAML(typ="safe", pure=True).load(f"[{value}]") == [value]
    except YAMLError:
        return False


def edited(document: Document, values: Mapping[str, Any]) -> str:
    """Return the text of a document's file, read again from disk, with the values of dotted keys set.

    Raises ConfigError as `Document.with_values` does, and for a key whose value takes several lines.
    """
    now = document.load(document.path)
    now.with_values(values)
    with document.path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    try:
        return with_values_set(text, values)
    except InPlaceEditError as error:
        raise ConfigError(f"{now.at(str(error))}: not a value on one line. Edit it by hand.") from None
