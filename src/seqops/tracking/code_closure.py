"""The modules of this package that a module imports, found by parsing the source."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "seqops"


def closure(roots: Iterable[str]) -> dict[str, Path]:
    """Map each module that the roots import, directly or not, to its file; includes roots and packages.

    Imports inside functions count; those under `if TYPE_CHECKING:` do not.
    """
    reached: dict[str, Path] = {}
    pending = list(roots)
    while pending:
        name = pending.pop()
        if name in reached or (path := _file_of(name)) is None:
            continue
        reached[name] = path
        pending += [module for module in _imports(path, name) if _is_own(module)]
        pending.append(name.rpartition(".")[0])
    return dict(sorted(reached.items()))


def third_party(modules: Mapping[str, Path]) -> set[str]:
    """Return the top-level packages outside this one that the modules import."""
    names = (imported for name, path in modules.items() for imported in _imports(path, name))
    return {name.partition(".")[0] for name in names if not _is_own(name)}


def _is_own(module: str) -> bool:
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


def _file_of(module: str) -> Path | None:
    if not _is_own(module):
        return None
    stem = ROOT.joinpath(*module.split(".")[1:])
    return next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()), None)


@cache
def _imports(path: Path, module: str) -> tuple[str, ...]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return tuple(_names([ast.parse(path.read_bytes())], package))


def _names(nodes: Iterable[ast.AST], package: str) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from _names(node.orelse, package)
        else:
            yield from _names(ast.iter_child_nodes(node), package)
