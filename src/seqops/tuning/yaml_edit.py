"""Set single values in the text of a YAML file, and leave every other character as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from seqops.core.errors import ConfigError
from seqops.core.yaml_file import Document

PLAIN = re.compile(r"\w[\w./ -]*")


class InPlaceEditError(ValueError):
    """A value that cannot be set without touching its surroundings."""


def with_values_set(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with the values of dotted keys set; a comment behind one keeps its column.

    values: numbers, texts, true, false or None. Raises InPlaceEditError for a key that is not there or that
    holds no single value (a list, a block of text, an anchor or an alias).
    """
    root = YAML(typ="rt", pure=True).compose(text)
    found = {_node(root, key): (key, value) for key, value in values.items()}
    # from the end, so that the marks before stay right
    for node, (key, value) in sorted(found.items(), key=lambda item: -item[0].start_mark.index):
        start, end = node.start_mark.index, node.end_mark.index
        if node.anchor or node.style in ("|", ">") or "\n" in text[start:end]:
            raise InPlaceEditError(key)
        text = _put(text, start, end, _written(value, node.style))
    return text


def _node(root: Any, key: str) -> ScalarNode:
    node = root
    for part in key.split("."):
        held = {name.value: value for name, value in node.value} if isinstance(node, MappingNode) else {}
        if part not in held:
            raise InPlaceEditError(key)
        node = held[part]
    if not isinstance(node, ScalarNode):
        raise InPlaceEditError(key)
    return node


def _put(text: str, start: int, end: int, written: str) -> str:
    if start == end:
        # nothing but `key:` stands there
        written = f" {written}"
    padding = re.compile(r"( +)#").match(text, end)
    if not padding:
        return text[:start] + written + text[end:]
    room = end - start + len(padding[1]) - len(written)
    return text[:start] + written + " " * max(1, room) + text[padding.end(1) :]


def _written(value: Any, style: str | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        # readers of YAML 1.1 take 1e-05 for a text
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
        # inside brackets more characters have a meaning
        return bool(PLAIN.fullmatch(value)) and YAML(typ="safe", pure=True).load(f"[{value}]") == [value]
    except YAMLError:
        return False


def edited(document: Document, values: Mapping[str, Any]) -> str:
    """Return the text of a document's file, as it stands on disk now, with the values of dotted keys set.

    All else keeps every character. Raises ConfigError as `Document.having` does, and for a key that holds a
    list or a block of text.
    """
    now = document.load(document.path)
    now.with_values(values)
    with document.path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    try:
        return with_values_set(text, values)
    except InPlaceEditError as error:
        raise ConfigError(f"{now.at(str(error))}: it holds no single value. Set it by hand.") from None
