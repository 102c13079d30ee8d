"""Versions and aliases of registered models in MLflow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from seqops.core.errors import SeqopsError
from seqops.core.interfaces import Task
from seqops.registry.tags import DECISION, REASON, packed, tags_of
from seqops.tracking.connection import translate_store_errors

CONTENT = MODEL, DATA = "seqops.model_sha256", "seqops.data_sha256"
"""The values of a version with the hashes of its weights and of the data that it was trained on."""
CHAMPION, CHALLENGER = "champion", "challenger"
TEST_ROWS = "seqops.test_rows"
"""The number and a digest of the test rows that a version was published with."""
REGISTERED = "seqops.registered"
"""The time at which a version that was moved was registered first, in milliseconds."""
MISSING = ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)
MAX_DESCRIPTION = 5000  # largest number of characters of a description or tag in the registry's database


def purpose(task: Task) -> str:
    """Return the description of the registered models of a task."""
    return f"{task.name}: {task.endpoint().intended_use}"[:MAX_DESCRIPTION]


def age_of(version: ModelVersion) -> timedelta:
    """Return the time since a version was registered, also under a former name."""
    milliseconds = int(tags_of(version).get(REGISTERED, version.creation_timestamp))
    return datetime.now(UTC) - datetime.fromtimestamp(milliseconds / 1000, UTC)


def describe(client: mlflow.MlflowClient, name: str, purpose: str) -> None:
    """Set the one-line description of a registered model; create the model if it is missing."""
    try:
        registered = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != MISSING:
            raise
        client.create_registered_model(name, description=purpose)
        return
    if registered.description != purpose:
        client.update_registered_model(name, purpose)


def version_of(client: mlflow.MlflowClient, name: str, tags: Mapping[str, str]) -> ModelVersion | None:
    """Return the version that has these values, if any, so that nothing is registered twice."""
    return next((v for v in versions(client, name) if tags.items() <= tags_of(v).items()), None)


def same_content(one: ModelVersion, other: ModelVersion) -> bool:
    """Return whether two versions have the same weights and data: one was registered again as the other."""
    ours, theirs = tags_of(one), tags_of(other)
    return all(key in ours and ours[key] == theirs.get(key) for key in CONTENT)


def versions(client: mlflow.MlflowClient, name: str) -> list[ModelVersion]:
    """List the versions of a registered model, newest first; empty if it is not registered."""
    with translate_store_errors():
        found = client.search_model_versions(f"name = '{name}'")
    return sorted(found, key=lambda v: int(v.version), reverse=True)


def names(client: mlflow.MlflowClient, kind: str) -> list[str]:
    """List the registered models of a kind, by name."""
    with translate_store_errors():
        found = client.search_registered_models(f"name LIKE '{kind}%'", order_by=["name ASC"])
    return [model.name for model in found if model.name == kind or model.name.startswith(f"{kind}-")]


def version(client: mlflow.MlflowClient, name: str, number: str) -> ModelVersion:
    """Return one version. Raises SeqopsError, which lists the existing versions, if it is missing."""
    registered = versions(client, name)
    for found in registered:
        if str(found.version) == number:
            return found
    existing = ", ".join(str(v.version) for v in reversed(registered)) or "none"
    raise SeqopsError(f"{name} has no version {number}. Existing versions: {existing}.")


def update(client: mlflow.MlflowClient, registered: ModelVersion, tags: Mapping[str, str], card: str) -> None:
    """Update the tags and the card of a version; equal values are not written again."""
    tag(client, registered, tags)
    if registered.description != card:
        client.update_model_version(registered.name, str(registered.version), card)


def tag(
    client: mlflow.MlflowClient, registered: ModelVersion, changes: Mapping[str, str], without: str = ""
) -> None:
    """Set values of a version, and remove the one named `without`; call it with the lock of the model.

    Equal values are not written again. Tags that a former release wrote are merged into the present ones.
    """
    name, number = registered.name, str(registered.version)
    present = client.get_model_version(name, number)
    values = {key: value for key, value in {**tags_of(present), **changes}.items() if key != without}
    tags = packed(values)
    for key, value in tags.items():
        if present.tags.get(key) != value:
            client.set_model_version_tag(name, number, key, value)
    for key in present.tags.keys() - tags.keys():
        client.delete_model_version_tag(name, number, key)


def set_alias(client: mlflow.MlflowClient, name: str, alias: str, number: str) -> None:
    """Point an alias to a version."""
    if get_alias(client, name, alias) != number:
        client.set_registered_model_alias(name, alias, number)


def get_alias(client: mlflow.MlflowClient, name: str, alias: str) -> str | None:
    """Return the version that an alias points to, or None."""
    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in (MISSING, "INVALID_PARAMETER_VALUE"):
            return None
        raise


@dataclass(frozen=True)
class RegistryStatus:
    """The versions behind the aliases, the challenger's training time in seconds, and the last decision."""

    aliases: str
    seconds: float
    reason: str


def registry_status(client: mlflow.MlflowClient, name: str) -> RegistryStatus:
    """Return the status of a registered model."""
    with translate_store_errors():
        holders = {alias: get_alias(client, name, alias) for alias in (CHAMPION, CHALLENGER)}
        aliases = ", ".join(f"{alias} v{number}" for alias, number in holders.items() if number)
        if holders[CHALLENGER] is None:
            return RegistryStatus(f"{name}: not registered", math.nan, "")
        challenger = client.get_model_version(name, holders[CHALLENGER])
        seconds = client.get_run(challenger.run_id).data.metrics.get("seconds", math.nan)
        tags, reason = tags_of(challenger), ""
        if DECISION in tags:
            reason = f"Version {holders[CHALLENGER]} {tags[DECISION]}: {tags[REASON]}."
        return RegistryStatus(f"{name}: {aliases}", seconds, reason)
