"""Versions and aliases of registered models, as MLflow keeps them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from seqops.core.errors import SeqopsError
from seqops.tracking.connection import translate_store_errors

CHAMPION, CHALLENGER = "champion", "challenger"
MISSING = ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)
MAX_DESCRIPTION = 5000  # characters that the registry's database keeps of a description, and of a tag


def describe(client: mlflow.MlflowClient, name: str, purpose: str) -> None:
    """Say in one line what a registered model is for; make it where there is none."""
    try:
        present = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != MISSING:
            raise
        client.create_registered_model(name, description=purpose)
        return
    if present.description != purpose:
        client.update_registered_model(name, purpose)


def version_of(client: mlflow.MlflowClient, name: str, tags: Mapping[str, str]) -> ModelVersion | None:
    """Find the version that carries these tags, so that nothing is registered twice."""
    alike = (v for v in versions(client, name) if all(v.tags.get(k) == t for k, t in tags.items()))
    return next(alike, None)


def versions(client: mlflow.MlflowClient, name: str) -> list[ModelVersion]:
    """List the versions of a registered model, newest first; none where it is not registered."""
    with translate_store_errors():
        found = client.search_model_versions(f"name = '{name}'")
    return sorted(found, key=lambda v: int(v.version), reverse=True)


def version(client: mlflow.MlflowClient, name: str, number: str) -> ModelVersion:
    """Return one version. Raises SeqopsError, with those that there are."""
    known = versions(client, name)
    for found in known:
        if str(found.version) == number:
            return found
    there = ", ".join(str(v.version) for v in reversed(known)) or "none"
    raise SeqopsError(f"{name} has no version {number}. There are: {there}.")


def update(client: mlflow.MlflowClient, present: ModelVersion, tags: Mapping[str, str], card: str) -> None:
    """Bring the tags and the card of a version up to date; what is right already is left alone."""
    tag(client, present, tags)
    if present.description != card:
        client.update_model_version(present.name, str(present.version), card)


def tag(client: mlflow.MlflowClient, present: ModelVersion, tags: Mapping[str, str]) -> None:
    """Set those tags of a version that differ."""
    for key, value in tags.items():
        if present.tags.get(key) != value:
            client.set_model_version_tag(present.name, str(present.version), key, value)


def set_alias(client: mlflow.MlflowClient, name: str, alias: str, number: str) -> None:
    """Let a version hold an alias."""
    if get_alias(client, name, alias) != number:
        client.set_registered_model_alias(name, alias, number)


def get_alias(client: mlflow.MlflowClient, name: str, alias: str) -> str | None:
    """Return the version that holds an alias, or None."""
    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in (MISSING, "INVALID_PARAMETER_VALUE"):
            return None
        raise


@dataclass(frozen=True)
class RegistryStatus:
    """Which versions hold the aliases, how long the challenger trained, and what was decided of it."""

    words: str
    seconds: float
    reason: str


def registry_status(client: mlflow.MlflowClient, name: str) -> RegistryStatus:
    """Tell where the versions of a registered model stand."""
    with translate_store_errors():
        holders = {alias: get_alias(client, name, alias) for alias in (CHAMPION, CHALLENGER)}
        words = ", ".join(f"{alias} v{number}" for alias, number in holders.items() if number)
        if holders[CHALLENGER] is None:
            return RegistryStatus(f"{name}: not registered", math.nan, "")
        challenger = client.get_model_version(name, holders[CHALLENGER])
        seconds = client.get_run(challenger.run_id).data.metrics.get("seconds", math.nan)
        action, why = (challenger.tags.get(f"seqops.decision{part}") for part in ("", "_reason"))
        reason = f"Version {holders[CHALLENGER]} {action}: {why}." if action else ""
        return RegistryStatus(f"{name}: {words}", seconds, reason)
