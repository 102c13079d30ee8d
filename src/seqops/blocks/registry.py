"""Versions and aliases of registered models, and who may be champion."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from seqops.blocks.track import answering
from seqops.environment import hushed

CHAMPION, CHALLENGER = "champion", "challenger"
MISSING = ErrorCode.Name(RESOURCE_DOES_NOT_EXIST)


@dataclass(frozen=True)
class Decision:
    """What became of a version, and why."""

    version: str
    champion: bool
    reason: str


def version_of(client: mlflow.MlflowClient, name: str, tags: Mapping[str, str]) -> str | None:
    """Find the version that carries these tags, so that nothing is registered twice."""
    with answering():
        for version in client.search_model_versions(f"name = '{name}'"):
            if all(version.tags.get(k) == v for k, v in tags.items()):
                return str(version.version)
    return None


def register(
    client: mlflow.MlflowClient, name: str, uri: str, run_id: str, tags: Mapping[str, str], description: str
) -> str:
    """Make a version of a logged model and name it challenger."""
    with answering():
        _ensure(client, name)
        made = client.create_model_version(name, uri, run_id, tags=dict(tags), description=description)
        client.set_registered_model_alias(name, CHALLENGER, made.version)
    return str(made.version)


def crown(client: mlflow.MlflowClient, name: str, version: str, beats_trivial: bool) -> Decision:
    """Make a version champion where there is none yet and it beats its trivial baselines."""
    with answering():
        present = holder(client, name, CHAMPION)
        if present == version:
            return Decision(version, True, "it is the champion")
        if present is not None:
            return Decision(version, False, f"version {present} is champion")
        if not beats_trivial:
            return Decision(version, False, "it does not beat every trivial baseline")
        client.set_registered_model_alias(name, CHAMPION, version)
        client.set_model_version_tag(name, version, "seqops.promoted", "first to beat its trivial baselines")
    return Decision(version, True, "there was no champion, and it beats its trivial baselines")


def holder(client: mlflow.MlflowClient, name: str, alias: str) -> str | None:
    """Return the version that holds an alias, or None."""
    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in (MISSING, "INVALID_PARAMETER_VALUE"):
            return None
        raise


@dataclass(frozen=True)
class Standing:
    """Which versions hold the aliases, and how long the challenger trained."""

    words: str
    seconds: float


def standing(client: mlflow.MlflowClient, name: str) -> Standing:
    """Tell where the versions of a registered model stand."""
    with answering():
        holders = {alias: holder(client, name, alias) for alias in (CHAMPION, CHALLENGER)}
        words = ", ".join(f"{alias} v{version}" for alias, version in holders.items() if version)
        if holders[CHALLENGER] is None:
            return Standing(f"{name}: not registered", math.nan)
        run_id = client.get_model_version(name, holders[CHALLENGER]).run_id
        return Standing(f"{name}: {words}", client.get_run(run_id).data.metrics.get("seconds", math.nan))


def load(name: str, alias: str) -> Any:
    """Load a registered model by its alias."""
    with answering(), hushed():
        return mlflow.pyfunc.load_model(f"models:/{name}@{alias}")


def _ensure(client: mlflow.MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
