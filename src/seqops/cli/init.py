"""`seqops init`: a project in any folder, from the installed package."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from seqops.cli.confirm import confirm
from seqops.cli.options import Debug
from seqops.cli.project_files import DVC_CONFIG, PARAMS, project_files
from seqops.cli.project_upgrade import Change, changes, record_release
from seqops.core.errors import SeqopsError
from seqops.core.files import write_bytes
from seqops.core.project import require_path
from seqops.params import Params
from seqops.runtime.console import exit_on_error, out
from seqops.runtime.installed_code import FOLDER, version

GITIGNORE = ".gitignore"
LISTED = 5


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The project's folder.")] = Path(),
    git: Annotated[
        bool, typer.Option("--git/--no-git", help="Make a git repository, unless DIR is inside one.")
    ] = True,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Bring a project's files to the installed version.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Upgrade without asking.")] = False,
    debug: Debug = False,
) -> None:
    """Make a project: settings, stages, presets and the catalogue of datasets, of the installed version."""
    with exit_on_error(debug):
        if upgrade:
            _upgrade(folder, yes)
        else:
            _create(folder, git)


def _create(folder: Path, git: bool) -> None:
    require_path(folder.resolve())
    files = project_files()
    if (ignored := folder / GITIGNORE).is_file():
        files[GITIGNORE] = ignored.read_bytes().rstrip(b"\n") + b"\n" + files[GITIGNORE]
    if existing := [name for name in files if name != GITIGNORE and (folder / name).exists()]:
        more = f" and {len(existing) - LISTED} more" if len(existing) > LISTED else ""
        raise SeqopsError(
            f"{folder} already has {', '.join(existing[:LISTED])}{more}. Choose another folder, or run "
            "`seqops init --upgrade` there."
        )
    folder.mkdir(parents=True, exist_ok=True)
    found = _git(folder, "rev-parse", "--is-inside-work-tree")
    created = git and not found and _git(folder, "init", "--quiet")
    if not found and not created:
        files[DVC_CONFIG] += b"    no_scm = true\n"
    for name, content in files.items():
        write_bytes(folder / name, content)
    record_release(folder, files)
    lines = [f"{folder}: a project of seqops {version()}, with a sample for each task."]
    if created and not _committed(folder):
        lines.append("Commit its files before the first experiment: `git add . && git commit`.")
    here = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    tasks = ", ".join(Params.load(folder / PARAMS).names)
    lines.append(f"Try it: `{here}dvc repro evaluate@TASK`, with TASK of {PARAMS}: {tasks}.")
    out.print("\n".join(lines), markup=False, highlight=False)


def _committed(folder: Path) -> bool:
    message = f"Start a project of seqops {version()}"
    return _git(folder, "add", "--all") and _git(folder, "commit", "--quiet", "--message", message)


def _git(folder: Path, *arguments: str) -> bool:
    """Run git in a folder and return whether it succeeded; false if it is not installed."""
    git = shutil.which("git")
    if git is None:
        return False
    command = [git, "-C", os.fspath(folder), *arguments]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def _upgrade(folder: Path, yes: bool) -> None:
    files = project_files()
    planned = changes(folder, files)
    if not planned:
        out.print(f"{folder} is up to date with seqops {version()}.", highlight=False)
        return
    _show(planned)
    if not yes:
        confirm(f"Write these {len(planned)} files?")
    for change in planned:
        write_bytes(folder / change.target, change.after)
    record_release(folder, files)
    out.print(f"{folder} has the files of seqops {version()}.", highlight=False)
    if edited := [change for change in planned if change.edited]:
        kept, beside = (", ".join(names) for names in zip(*((c.path, c.target) for c in edited), strict=True))
        line = f"{kept}: your edits are kept. Merge the release's from {beside}, then delete it."
        out.print(line, markup=False, highlight=False)


def _show(planned: list[Change]) -> None:
    """Print the diff of each change; of the hashes of the package, their number."""
    generated = [change for change in planned if change.path.startswith(f"{FOLDER}/")]
    for change in planned:
        if change not in generated:
            out.print(change.diff(), markup=False, highlight=False)
    if generated:
        out.print(f"{FOLDER}/: {len(generated)} parts of the package differ.", highlight=False)
