"""`seqops params`: what each key of params.yaml means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Annotated

import typer

from seqops.cli.options import Debug
from seqops.cli.reference import (
    WHOLE,
    Setting,
    quoted,
    settings,
    shared_sections,
    shown,
    summary,
    task_sections,
)
from seqops.core.errors import ConfigError
from seqops.core.project import Project
from seqops.core.yaml_file import nearest
from seqops.params import SHARED, Params
from seqops.runtime.console import exit_on_error, out

WIDTH = 100  # columns
Shown = tuple[Setting, str]
"""A key of params.yaml and its value there."""


def params(
    section: Annotated[
        str | None,
        typer.Argument(metavar="[TASK]", help="A task, or a shared section such as evaluation."),
    ] = None,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="A key, such as data.split, or a part: model.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Explain the keys of params.yaml: meaning, type, limits, default, and the present value."""
    with exit_on_error(debug):
        loaded = Params.load(Project.find().params)
        if section is None:
            _print(_overview(loaded))
            return
        found = list(_keys(loaded, section))
        chosen = [each for each in found if key is None or _is_in(each[0].key, key)]
        if not chosen:
            raise ConfigError(f"{section} has no key {key!r}{nearest(key or '', [s.key for s, _ in found])}")
        for setting, value in chosen:
            _print(_described(setting, value))


def _print(lines: Iterator[str]) -> None:
    out.print(*lines, sep="\n", markup=False, highlight=False)


def _is_in(key: str, part: str) -> bool:
    """Return whether a key is the given one, or one below it."""
    return key == part or key.startswith((f"{part}.", f"{part}[]."))


def _overview(loaded: Params) -> Iterator[str]:
    for name, cls in shared_sections(loaded).items():
        yield f"{name:<12}{summary(cls).splitlines()[0]}"
    yield f"{'tasks':<12}{', '.join(loaded.names)}"
    yield f"Explain the keys of a task, or of a section: `seqops params {loaded.names[0]}`."


def _keys(loaded: Params, section: str) -> Iterator[Shown]:
    if section in loaded.names:
        content = loaded.content["tasks"][section]
        yield WHOLE["source"], quoted(content["source"])
        for part, cls in task_sections(loaded, section).items():
            for setting in settings(cls, f"{part}."):
                yield setting, shown(content, setting.key)
        yield WHOLE["search"], ""
    elif section in SHARED:
        for setting in settings(shared_sections(loaded)[section]):
            yield setting, shown(loaded.content.get(section, {}), setting.key)
    else:
        raise ConfigError(
            f"params.yaml has no task or section {section!r}{nearest(section, [*loaded.names, *SHARED])}"
        )


def _described(setting: Setting, value: str) -> Iterator[str]:
    """Describe a key in a few lines: type and limits, its present value, its meaning."""
    limits = f"one of {setting.limits}" if setting.kind == "choice" else setting.limits
    kind = setting.kind.removeprefix("choice")
    facts = "; ".join(filter(None, [kind, limits, f"now {value}" if value else ""]))
    yield f"{setting.key}: {facts.replace('`', '')}"
    yield textwrap.fill(
        setting.meaning or "", WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )
