"""Checks of the environment and the project, each with how to fix what is wrong."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from functools import partial
from pathlib import Path

import requests
from packaging.requirements import Requirement

from seqops.cli.data_checks import data
from seqops.cli.findings import Check, Finding, run
from seqops.cli.project_upgrade import unmerged
from seqops.core.arrays_io import read_table
from seqops.core.errors import ConfigError, SeqopsError
from seqops.core.project import Project
from seqops.core.redaction import redact
from seqops.params import SHARED, Params
from seqops.registry.environment_check import installed_version
from seqops.registry.names import registered_name
from seqops.retraining.triggers import Trigger
from seqops.runtime.dvc_lock import kept_from_stages, remove_cut_list
from seqops.runtime.dvc_record import require_readable_record
from seqops.runtime.installed_code import FOLDER, require_recorded, version
from seqops.sources import catalog
from seqops.sources.fetch import MIRROR, SCHEMES
from seqops.tuning.search_space import space_of

OLDEST, NEWEST = (3, 11), (3, 13)
MIN_FREE_BYTES = 2 * 1024**3
TIMEOUT = 5.0  # seconds


def examine(project: Project) -> list[Finding]:
    """Run every check; a failing check does not stop the others."""
    return [finding for name, check in CHECKS.items() for finding in run(name, check, project)]


def python(project: Project) -> Iterator[Finding]:
    """Check the version of Python."""
    found = ".".join(map(str, sys.version_info[:3]))
    ok = OLDEST <= sys.version_info[:2] <= NEWEST
    wanted = "use {}.{} to {}.{}".format(*OLDEST, *NEWEST)
    yield Finding("python", ok, found if ok else f"{found} is not supported: {wanted}.")


def packages(project: Project) -> Iterator[Finding]:
    """Compare the installed packages with the lock file."""
    wanted = [Requirement(line.rstrip("\\ ")) for line in _lock_lines(project.lock)]
    wanted = [r for r in wanted if r.marker is None or r.marker.evaluate()]
    wrong = [
        f"{r.name} {found or 'missing'} (locked {str(r.specifier).removeprefix('==')})"
        for r in wanted
        if (found := installed_version(r.name)) is None or not r.specifier.contains(found, prereleases=True)
    ]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        fix = "Delete .venv and run `make setup`."
        if (project.root / FOLDER).is_dir():
            fix = f"Run `pip install -r {project.lock.name}`, or keep them: `seqops init --upgrade`."
        yield Finding("packages", False, f"{', '.join(wrong[:5])}{more}. {fix}")
    else:
        yield Finding("packages", True, f"{len(wanted)} installed as locked in {project.lock.name}")


def _lock_lines(lock: Path) -> list[str]:
    if not lock.is_file():
        raise SeqopsError(f"{lock.name} does not exist. Restore it: `git checkout {lock.name}`.")
    return [line for line in lock.read_text("utf-8").splitlines() if line[:1].isalnum()]


def code(project: Project) -> Iterator[Finding]:
    """Check that the installed package is the one that a project outside a checkout depends on."""
    require_recorded(project.root)
    yield Finding("seqops", True, f"version {version()}")


def upgrade(project: Project) -> Iterator[Finding]:
    """Look for files that an upgrade left beside edited ones."""
    if found := unmerged(project.root):
        fix = "Merge the release's changes into your files, then delete these."
        yield Finding("upgrade", False, f"{', '.join(found)}: not merged. {fix}")


def programs(project: Project) -> Iterator[Finding]:
    """Check that git and DVC are installed and initialized in the project."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    for program, folder in (("git", ".git"), ("dvc", ".dvc")):
        if shutil.which(program, path=path) is None:
            yield Finding(program, False, f"`{program}` not found. Install it, or activate .venv.")
        elif folder == ".git" and _works_without_git(project):
            yield Finding(program, True, "not used: core.no_scm is set in .dvc/config")
        elif not (project.root / folder).exists():
            without = ", or to work without it: `dvc config core.no_scm true`" * (program == "git")
            message = f"{project.root} has no {folder}. Run `{program} init` there{without}."
            yield Finding(program, False, message)
        else:
            yield Finding(program, True, "found")


def record(project: Project) -> Iterator[Finding]:
    """Check that DVC can read what it recorded of the stages, and which files they use.

    The list of these files is deleted where a `dvc` that was killed has left it unfinished.
    """
    require_readable_record(project)
    remove_cut_list(project)
    with kept_from_stages(project, [], "seqops doctor"):
        found = (project.root / "dvc.lock").is_file()
    yield Finding("dvc.lock", True, "readable" if found else "not there yet: no stage has run")


def _works_without_git(project: Project) -> bool:
    config = ConfigParser(interpolation=None, strict=False)
    try:
        config.read([project.root / ".dvc" / name for name in ("config", "config.local")], "utf-8")
        return config.getboolean("core", "no_scm", fallback=False)
    except (ConfigParserError, ValueError):
        return False  # DVC names what is wrong


def folders(project: Project) -> Iterator[Finding]:
    """Check that the folders of a run are inside the project, writable, and have enough free space."""
    project.require_own_data_folder()
    for folder in (project.root / "data", project.state):
        name = f"folder {folder.relative_to(project.root)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                free = shutil.disk_usage(folder).free
        except PermissionError:
            yield Finding(name, False, f"{folder} is not writable. Give it to the user who runs seqops.")
            continue
        space = f"{free / 1024**3:.1f} GiB free"
        if free < MIN_FREE_BYTES:
            yield Finding(name, False, f"{space}: free at least {MIN_FREE_BYTES / 1024**3:.0f} GiB.")
        else:
            yield Finding(name, True, f"writable, {space}")


def params(project: Project) -> Iterator[Finding]:
    """Check the sections of params.yaml and configure every task, its network and its search space."""
    loaded = Params.load(project.params)
    yield from run("params", partial(_shared, loaded=loaded), project)
    for name in loaded.names:
        yield from run(f"params {name}", partial(_configured, loaded=loaded, name=name), project)


def _shared(project: Project, loaded: Params) -> Iterator[Finding]:
    for name in SHARED:
        getattr(loaded, name)
    for number, text in enumerate(loaded.retraining.triggers):
        try:
            Trigger.parse(text)
        except ConfigError as error:
            raise ConfigError(f"{loaded.at('retraining.triggers')}.{number}: {error}") from None
    yield Finding("params", True, f"{', '.join(SHARED)}: every key is known and in range")


def _configured(project: Project, loaded: Params, name: str) -> Iterator[Finding]:
    task = loaded.task(name)
    task.network()
    task.data.check_model(task.section["model"])
    table = project.task_paths(name).table
    if table.is_file():
        task.data.resolved(read_table(table)).check_model(task.section["model"])
    if "search" in task.section:
        space_of(loaded, name)
    yield Finding(f"params {name}", True, "every key is known and in range")


def tracking(project: Project) -> Iterator[Finding]:
    """Read from the tracking store."""
    from seqops.tracking import connection, store_address

    client = connection.connect(project)
    if store_address.is_own(project):
        connection.check_own(project)
    with connection.translate_store_errors():
        count = len(client.search_experiments())
    yield Finding("tracking store", True, f"{redact(store_address.store_uri(project))}, {count} experiments")


def champions(project: Project) -> Iterator[Finding]:
    """Load the champion of every task, in the way that `seqops predict` does."""
    loaded = Params.load(project.params)
    for name in loaded.names:
        yield from run(f"champion {name}", partial(_champion, loaded=loaded, name=name), project)


def former_names(project: Project) -> Iterator[Finding]:
    """Look for versions that are registered under the names of a former release."""
    from seqops.registry import moving
    from seqops.tracking import connection

    loaded = Params.load(project.params)
    found = moving.advice(connection.connect(project), [loaded.task(name) for name in loaded.names])
    yield Finding("registered names", not found, found or "every version belongs to its data")


def _champion(project: Project, loaded: Params, name: str) -> Iterator[Finding]:
    from seqops.registry import versions
    from seqops.registry.version_process import running
    from seqops.tracking import connection

    client, model = connection.connect(project), registered_name(loaded.task(name))
    with connection.translate_store_errors():
        number = versions.get_alias(client, model, versions.CHAMPION)
    if number is None:
        yield Finding(f"champion {name}", True, f"{model} has no champion")
        return
    with running(client, versions.version(client, model, number)):
        yield Finding(f"champion {name}", True, f"version {number} of {model} loads")


def journal(project: Project) -> Iterator[Finding]:
    """Check that every line of the journal of decisions is readable."""
    from seqops.registry.decision_log import DecisionLog

    log = DecisionLog.read(project)
    found = f"{len(log.decisions)} lines in {log.journal.path.name}"
    yield Finding("decisions", not log.damaged, log.damage() or found)


def mirror(project: Project) -> Iterator[Finding]:
    """Check that the mirror is reachable, if one is set."""
    address = os.environ.get(MIRROR, "")
    if not address:
        yield Finding("mirror", True, f"{MIRROR} is not set: the published URLs are used")
    elif address.startswith(SCHEMES):
        try:
            requests.get(address, timeout=TIMEOUT, stream=True).close()
            yield Finding("mirror", True, redact(address))
        except requests.RequestException as error:
            problem = f"{redact(address)} does not answer ({type(error).__name__})."
            yield Finding("mirror", False, f"{problem} Correct {MIRROR}, or unset it.")
    elif Path(address).is_dir():
        yield Finding("mirror", True, address)
    else:
        yield Finding("mirror", False, f"{address} is not a folder. Correct {MIRROR}, or unset it.")


def datasets(project: Project) -> Iterator[Finding]:
    """Check that the catalogue is readable."""
    yield Finding("catalogue", True, f"{len(catalog.read_catalog(project.catalog))} datasets")


CHECKS: dict[str, Check] = {
    "python": python,
    "packages": packages,
    "seqops": code,
    "upgrade": upgrade,
    "programs": programs,
    "dvc.lock": record,
    "folders": folders,
    "params": params,
    "tracking store": tracking,
    "decisions": journal,
    "registered names": former_names,
    "champions": champions,
    "mirror": mirror,
    "catalogue": datasets,
    "data": data,
}
