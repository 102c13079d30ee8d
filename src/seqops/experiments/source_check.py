"""What the stages would refuse of the data of a task, found without running them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from seqops.core.errors import ConfigError, DataError
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.raw_folder import sources_of
from seqops.sources import catalog
from seqops.sources.fetch import SCHEMES, generators_of


def own_files(project: Project, task: Task) -> list[Path]:
    """Return the paths that a source names; empty if it names an address, a dataset or a sample, too."""
    known = {*generators_of(task), *catalog.read_catalog(project.catalog)}
    named = [address for _, address in sources_of(task.source)]
    if any(address in known or address.startswith(SCHEMES) for address in named):
        return []
    return [project.root / Path(address).expanduser() for address in named]


def refusals(task: Task, raw: Sequence[Path]) -> list[str]:
    """Return what `validate` would refuse of raw files, or else what `preprocess` would; empty: nothing.

    All that the files allow to be told at once: a file that cannot be parsed hides what is in it.
    """
    from seqops.validation import run_expectations

    found: list[str] = []

    def attempt(step: Callable[[], Any]) -> Any:
        try:
            return step()
        except (ConfigError, DataError) as error:
            found.append(str(error))
            return None

    data = task.data
    if (table := attempt(lambda: data.read(raw))) is None:
        return found
    attempt(lambda: data.resolved(table).check_model(task.section["model"]))
    if (checked := attempt(lambda: data.with_checked_columns(table))) is None:
        return found
    report = run_expectations(checked, data.expectations())
    found += [result.summary() for result in report.results if not result.passed]
    if not found:
        attempt(lambda: data.split_and_encode(table))
    return found
