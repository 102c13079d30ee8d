"""The registered version that answers, and what is said about it on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seqops.core.errors import SeqopsError, quoted
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.params import Params
from seqops.registry.names import SAMPLE, registered_name
from seqops.registry.tags import BETTER_BASELINE, DECISION, REASON, SOURCE, tags_of
from seqops.runtime.console import err

if TYPE_CHECKING:
    import mlflow
    from mlflow.entities.model_registry import ModelVersion

    from seqops.registry.lookup import LocalVersion
    from seqops.registry.version_process import VersionProcess

MAX_WORDS = 10


@contextmanager
def running_version(task: str, alias: str, model: str | None) -> Iterator[VersionProcess]:
    """Run the version that an alias of a registered model points to, and say on stderr which it is.

    model: its name; None: that of the task and its present source. Raises SeqopsError, with the reason, if
    there is no such version.
    """
    project = Project.find()
    configured = Params.load(project.params).task(task)
    from seqops.registry.lookup import aliased
    from seqops.registry.version_process import running

    name = model or registered_name(configured)
    client, version = aliased(project, name, alias)
    if version is None:
        from seqops.tracking import connection

        with connection.translate_store_errors():
            raise SeqopsError(_why_absent(client, configured, name, alias))
    with running(client, version) as process:
        _print(_description(task, version, tags_of(version).get(BETTER_BASELINE, "")))
        yield process


def print_unknown(words: Iterable[str]) -> None:
    """Name words that the version does not know, the first ones if there are many; print nothing for none."""
    if distinct := list(dict.fromkeys(words)):
        more = f" and {len(distinct) - MAX_WORDS:,} more" if len(distinct) > MAX_WORDS else ""
        # no full stop: a word may end in one
        _print(f"Not in its vocabulary: {', '.join(distinct[:MAX_WORDS])}{more}")


def _print(line: str) -> None:
    err.print(line, markup=False, highlight=False)


def _description(task: str, version: ModelVersion | LocalVersion, better_baseline: str) -> str:
    parts = [f"{version.name} v{version.version}"]
    if tags_of(version).get(SOURCE) == SAMPLE:
        parts.append(
            "a model of the embedded sample, which knows nothing else. "
            f"For your own data, set tasks.{task}.source and run `dvc repro evaluate@{task}`"
        )
    return f"{', '.join(parts)}. {better_baseline}".strip()


def _why_absent(client: mlflow.MlflowClient, task: Task, name: str, alias: str) -> str:
    """Say why no version has an alias, and what to do."""
    from seqops.registry import moving, versions

    latest = versions.get_alias(client, name, versions.CHALLENGER)
    if latest is None and (advice := moving.advice(client, [task])):
        return f"{name} has no versions. {advice}"
    if latest is None:
        others = versions.names(client, task.data.registered_name)
        known = f" Others of this task, for `--model`: {', '.join(others)}." if others else ""
        return (
            f"{name} has no versions. Run `dvc repro evaluate@{task.name}`, or, if that is up to date, "
            f"`seqops publish {task.name}`.{known}"
        )
    if alias != versions.CHAMPION:
        return f"no version of {name} has the alias {quoted(alias)}. Use champion or challenger."
    tags = tags_of(versions.version(client, name, latest))
    decided = f"`seqops publish {task.name}` applies the rule to version {latest}"
    if tags.get(DECISION) == "kept":
        reason = tags[REASON].rstrip(".")
        decided = f"The rule did not promote version {latest}: {reason}"
    return (
        f"no version of {name} is champion. {decided}. "
        f"`--alias challenger` asks it anyway, and `seqops promote {task.name} {latest}` makes it champion."
    )
