"""Moving versions from the name that a former release gave to all models of a task to those of their data.

Copies first, then what refers to them, and the former model is deleted last, in one call. Every step finds
what an interrupted move has done, so that a repeat completes it. Lines of the journal say which version
became which, so that earlier decisions belong to the copies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.registry import versions
from seqops.registry.champion import FORMER, ROLLED_BACK, ChampionAlias
from seqops.registry.decision_log import Moved
from seqops.registry.names import name_from_data, registered_name
from seqops.registry.tags import SOURCE, packed, tags_of
from seqops.runtime.journal import Journal
from seqops.tracking.mlflow_runs import source_of

MOVED_FROM = "seqops.moved_from"
"""The name, number and run of the version that a copy was."""


def former_name(task: Task) -> str | None:
    """Return the name that a former release gave to all models of a task; None if it is the present one."""
    name = task.data.registered_name
    return None if name == registered_name(task) else name


def advice(client: mlflow.MlflowClient, tasks: Sequence[Task]) -> str:
    """Name the versions under names of a former release, and the command that moves them; empty if none."""
    names = [name for task in tasks if (name := former_name(task))]
    counts = {name: len(versions.versions(client, name)) for name in names}
    if not any(counts.values()):
        return ""
    found = ", ".join(f"{count} of {name}" for name, count in counts.items() if count)
    return (
        f"Versions registered under names of a former release: {found}. They are not used until "
        "`seqops move-versions` moves them to the models of their data."
    )


def move(project: Project, client: mlflow.MlflowClient, task: Task) -> list[Moved]:
    """Move the versions under the former name of a task; return what became of each, oldest first."""
    name = former_name(task)
    if name is None or not (old := versions.versions(client, name)):
        return []
    former = ChampionAlias(client, project, task.name, name)
    former.recover()
    with former.lock():
        moved = [_copied(project, client, task, version) for version in reversed(old)]
        _record(project, task, moved)
        by_number = {move.version: move for move in moved}
        tags = {str(version.version): tags_of(version) for version in old}
        for move in moved:
            with ChampionAlias(client, project, task.name, move.to_model).lock():
                _set_former(client, move, tags, by_number)
        champions = list(_chain(versions.get_alias(client, name, versions.CHAMPION), tags))
        aliases = client.get_registered_model(name).aliases
        _point(client, versions.CHAMPION, [by_number[n] for n in champions if ROLLED_BACK not in tags[n]])
        _point(client, versions.CHALLENGER, list(reversed(moved)))
        for alias, number in aliases.items():
            if alias not in (versions.CHAMPION, versions.CHALLENGER):
                _point(client, alias, [by_number[str(number)]])
        client.delete_registered_model(name)
    return moved


def _copied(project: Project, client: mlflow.MlflowClient, task: Task, version: ModelVersion) -> Moved:
    """Register a version under the name of its data, unless that is done; return what it became."""
    number, target = str(version.version), _target(client, task, version)
    origin = f"{version.name} v{number}, run {version.run_id}"
    values = tags_of(version)
    content = {key: values[key] for key in versions.CONTENT if key in values}
    with ChampionAlias(client, project, task.name, target).lock():
        copy = versions.version_of(client, target, {MOVED_FROM: origin})
        if copy is None and len(content) == len(versions.CONTENT):
            copy = _own(client, target, content)
        if copy is None:
            versions.describe(client, target, versions.purpose(task))
            made = str(version.creation_timestamp)
            tags = packed({versions.REGISTERED: made, **values, MOVED_FROM: origin})
            card = (version.description or "").replace(f"models:/{version.name}@", f"models:/{target}@")
            logged = version.source.startswith("models:/")
            model = version.source.removeprefix("models:/") if logged else None
            copy = client.create_model_version(
                target, version.source, version.run_id, tags=tags, description=card, model_id=model
            )
    return Moved(version.name, number, target, str(copy.version))


def _own(client: mlflow.MlflowClient, name: str, content: Mapping[str, str]) -> ModelVersion | None:
    """Return the version of a content that was registered under the name itself."""
    copy = versions.version_of(client, name, content)
    return copy if copy is not None and MOVED_FROM not in tags_of(copy) else None


def _target(client: mlflow.MlflowClient, task: Task, version: ModelVersion) -> str:
    source = tags_of(version).get(SOURCE, "")
    if source == source_of(task):
        return registered_name(task)
    settings = [v for key, v in client.get_run(version.run_id).data.params.items() if key.startswith("data.")]
    # a list is recorded with commas, and with the split that a file is named for
    sources = [re.sub(r"^(train|validation|test)=", "", part) for part in source.split(",")]
    return name_from_data(task.data.registered_name, sources, settings)


def _record(project: Project, task: Task, moved: Sequence[Moved]) -> None:
    journal = Journal.open(project)
    # those that an interrupted move has written are its last lines about these versions
    known = {(e["model"], e["version"]): e for e in journal.entries() if e.get("stage") == "moved"}
    for move in moved:
        before = known.get((move.model, move.version), {})
        if any(before.get(key) != value for key, value in move.to_json().items()):
            journal.append({"task": task.name, **move.to_json()})


def _chain(number: str | None, tags: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield a champion, the champion before it, and so on, as far as they exist, each once."""
    seen: set[str] = set()
    while number is not None and number in tags and number not in seen:
        seen.add(number)
        yield number
        number = tags[number].get(FORMER)


def _set_former(
    client: mlflow.MlflowClient,
    move: Moved,
    tags: Mapping[str, Mapping[str, str]],
    moved: Mapping[str, Moved],
) -> None:
    """Let a copy name the champion of the same data before it."""
    if FORMER in tags[move.version]:
        _, *earlier = _chain(move.version, tags)
        same = [moved[number].to_version for number in earlier if moved[number].to_model == move.to_model]
        copy = versions.version(client, move.to_model, move.to_version)
        if MOVED_FROM in tags_of(copy):
            versions.tag(client, copy, {FORMER: next(iter(same), "")})


def _point(client: mlflow.MlflowClient, alias: str, candidates: Sequence[Moved]) -> None:
    """Point an alias of each model to the first candidate that became a version of it, unless it is set."""
    for move in candidates:
        if versions.get_alias(client, move.to_model, alias) is None:
            client.set_registered_model_alias(move.to_model, alias, move.to_version)
