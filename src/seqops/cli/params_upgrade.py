"""The user's params.yaml under the keys of another release: values, comments and order stay."""

from __future__ import annotations

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from seqops.core.renamed_keys import neutral_value, renamed

Entries = dict[str, tuple[ScalarNode, Node]]


def upgraded_params(text: str, release: str) -> str:
    """Return the text with renamed keys under their new names, and the keys that only the release has.

    An added key stands where the release has it. Its value is the neutral one, if the key was added to this
    release, or else the release's. Tasks and the keys of `search` are the user's choice: none is added.
    """
    text = _with_renamed_keys(text)
    lines = text.splitlines(keepends=True)
    added = list(_missing(_root(text), _root(release), release.splitlines(keepends=True), ()))
    # from the end, so that earlier places stay valid
    for place, block in sorted(added, key=lambda found: -found[0]):
        lines[place:place] = block
    return "".join(lines)


def _root(text: str) -> MappingNode:
    return YAML(typ="rt", pure=True).compose(text)


def _entries(node: MappingNode) -> Entries:
    return {str(key.value): (key, value) for key, value in node.value}


def _is_block(node: Node) -> bool:
    return isinstance(node, MappingNode) and not node.flow_style


def _with_renamed_keys(text: str) -> str:
    for key, new in sorted(_renamed(_root(text), ()), key=lambda found: -found[0].start_mark.index):
        start, end = key.start_mark.index, key.end_mark.index
        text = f"{text[:start]}{new}{text[end:]}"
    return text


def _renamed(node: MappingNode, path: tuple[str, ...]) -> Iterator[tuple[ScalarNode, str]]:
    known = _entries(node)
    for name, (key, value) in known.items():
        full = ".".join((*path, name))
        new = renamed(full)
        if new is not None and (last := new.removeprefix(".".join(path) + ".")) not in known:
            yield key, last
        if isinstance(value, MappingNode):
            yield from _renamed(value, (*path, name))


def _missing(
    mine: MappingNode, release: MappingNode, lines: list[str], path: tuple[str, ...]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line before which to insert, and the lines, for each key that only the release has."""
    known = _entries(mine)
    place = mine.start_mark.line
    for name, (key, value) in _entries(release).items():
        if name in known:
            own = known[name][1]
            place = _last_line(own) + 1
            if _is_block(value) and _is_block(own) and name != "search":
                yield from _missing(own, value, lines, (*path, name))
        elif path != ("tasks",):
            found = lines[key.start_mark.line : _last_line(value) + 1]
            found = _with_neutral_value(found, value, ".".join((*path, name)))
            indent = " " * mine.start_mark.column
            block = [f"{indent}{line[key.start_mark.column :]}" if line.strip() else line for line in found]
            yield place, block if path else ["\n", *block]


def _with_neutral_value(lines: list[str], value: Node, path: str) -> list[str]:
    """Return the lines of a key with the value with which nothing changes, if the release has another."""
    neutral = neutral_value(path)
    if neutral is None or not isinstance(value, ScalarNode) or value.value.lower() == neutral.lower():
        return lines
    start, end = value.start_mark.column, value.end_mark.column
    return [f"{lines[0][:start]}{neutral}{lines[0][end:]}", *lines[1:]]


def _last_line(node: Node) -> int:
    """Return the last line of a value, without the comments below it."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(node, MappingNode) else last)
    in_block = isinstance(node, ScalarNode) and node.style in ("|", ">")
    return int(node.end_mark.line) - int(in_block)
