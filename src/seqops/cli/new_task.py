"""`seqops new-task`: a small working task to start from."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import Annotated

import typer

from seqops import skeleton
from seqops.cli.options import Debug
from seqops.core.errors import ConfigError, SeqopsError, quoted
from seqops.core.files import atomic_directory, write_bytes
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import exit_on_error, out

TEMPLATE = Path(skeleton.__file__).parent
TEST, SECTION = "test_task.py.txt", "params.yaml"


def new_task(
    name: Annotated[str, typer.Argument(help="A new name: lower-case letters, digits and underscores.")],
    debug: Debug = False,
) -> None:
    """Write a small working task: its folder, its section of params.yaml and its tests."""
    with exit_on_error(debug):
        project = Project.find()
        tasks, tests = project.root / "src" / "seqops" / "tasks", project.root / "tests" / name
        _check(name, tasks, tests, Params.load(project.params))
        with atomic_directory(tasks / name) as folder:
            for path in sorted(TEMPLATE.rglob("*.py")):
                write_bytes(folder / path.relative_to(TEMPLATE), _named(path.read_text("utf-8"), name))
        write_bytes(tests / f"test_{name}.py", _named((TEMPLATE / TEST).read_text("utf-8"), name))
        write_bytes(project.params, _with_section(project.params, name).encode("utf-8"))
        out.print(
            f"{name}: wrote src/seqops/tasks/{name}, tests/{name} and tasks.{name} in params.yaml.\n"
            f"Try it: `pytest tests/{name}`, then `dvc repro evaluate@{name}`.",
            markup=False,
            highlight=False,
        )


def _check(name: str, tasks: Path, tests: Path, params: Params) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise SeqopsError(
            f"{quoted(name)} cannot name a task. Use lower-case letters, digits and underscores."
        )
    if not tasks.is_dir():
        raise SeqopsError(f"{tasks} does not exist. Run the command in a checkout of the project.")
    for path in (tasks / name, tests):
        if path.exists():
            raise SeqopsError(f"{path} already exists. Choose another name, or delete it.")
    if name in params.names:
        raise ConfigError(f"{params.at(f'tasks.{name}')}: the task already exists. Choose another name.")


def _named(text: str, name: str) -> bytes:
    renamed = text.replace("seqops.skeleton", f"seqops.tasks.{name}").replace("skeleton", name)
    return renamed.encode("utf-8")


def _with_section(path: Path, name: str) -> str:
    """Return the text of params.yaml with the task's section at the end of `tasks`."""
    text = path.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    content = Params.load(path).content
    starts = [content.lc.key(key)[0] for key in content]  # type: ignore[attr-defined]
    start = content.lc.key("tasks")[0]  # type: ignore[attr-defined]
    end = min([line for line in starts if line > start], default=len(lines))
    section = (TEMPLATE / SECTION).read_text("utf-8").splitlines(keepends=True)
    before = "".join(lines[:end]).rstrip("\n")
    return f"{before}\n\n  {name}:\n{''.join(f'    {line}' for line in section)}" + (
        f"\n{''.join(lines[end:])}" if lines[end:] else ""
    )
