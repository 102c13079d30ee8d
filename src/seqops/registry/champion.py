"""How a version becomes champion and how it is taken down: recorded first, moved once, safe to die in.

The alias is the only truth about who is champion, and its move the only commit point. What is needed to
go back, and the intent, are written before it; tags and the outcome after it. Whoever comes next finishes
what a death left behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.errors import SeqopsError
from seqops.core.project import Project
from seqops.registry import versions
from seqops.runtime.journal import Journal, JournalEntry
from seqops.runtime.locks import exclusive_lock
from seqops.tracking.connection import translate_store_errors

Action = Literal["promoted", "kept", "rolled back"]
FORMER, ROLLED_BACK = "seqops.former_champion", "seqops.rolled_back"


class ChampionChangedError(SeqopsError):
    """Another version became champion while this one was compared with the former."""


@dataclass(frozen=True)
class Decision:
    """What became of a version, and why.

    by: `rule` or `person`; before, after: the champions; numbers: what it was decided by, plain JSON.
    """

    action: Action
    version: str
    by: str
    before: str | None
    after: str | None
    reason: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def champion(self) -> bool:
        """Tell whether the version is champion now."""
        return self.after == self.version

    def summary(self) -> str:
        """Say it in two lines."""
        change = f"champion: {self.before or 'none'} -> {self.after or 'none'}"
        if self.before == self.after:
            change = f"champion: {self.after or 'none'}, as before"
        return f"version {self.version} {self.action} by the {self.by}: {self.reason}.\n{change}"


@dataclass(frozen=True)
class ChampionAlias:
    """The champions of one registered model."""

    client: mlflow.MlflowClient
    store: Project
    task: str
    model: str

    @property
    def journal(self) -> Journal:
        """The record of the project."""
        return Journal.open(self.store)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other process of this project from changing this registered model meanwhile."""
        with exclusive_lock(self.store.state / f"registry-{self.model}.lock"), translate_store_errors():
            yield

    def champion(self) -> str | None:
        """Return the version that is champion now."""
        with translate_store_errors():
            return versions.get_alias(self.client, self.model, versions.CHAMPION)

    def recover(self) -> Decision | None:
        """Finish what a death left between the move of the alias and its record; return it."""
        with self.lock():
            return self._recover()

    def promote(self, decision: Decision) -> Decision:
        """Make a version champion in the place of the one it was compared with, `decision.before`.

        Raises ChampionChangedError where that one is champion no more.
        """
        with self.lock():
            self._recover()
            present = versions.get_alias(self.client, self.model, versions.CHAMPION)
            if present == decision.version:
                return replace(decision, action="kept", before=present, reason="it is the champion")
            if present != decision.before:
                raise ChampionChangedError(
                    f"version {present} became champion meanwhile; run it again to be compared with it"
                )
            version = self._version(decision.version)
            versions.tag(self.client, version, {FORMER: decision.before or ""})
            self._move(decision, version)
        return decision

    def keep(self, decision: Decision) -> Decision:
        """Record that the champion stays; once, however often it is decided."""
        with self.lock():
            version = self._version(decision.version)
            past = [e for e in self._entries() if e["version"] == decision.version]
            if not past or _timeless(past[-1]) != self._entry(decision, version, "outcome"):
                self._finish(decision, version)
        return decision

    def roll_back(self) -> Decision:
        """Put the former champion back. Raises SeqopsError where there is none to put back."""
        with self.lock():
            settled = self._recover()
            if settled is not None and settled.action == "rolled back":
                return settled
            present = versions.get_alias(self.client, self.model, versions.CHAMPION)
            if present is None:
                raise SeqopsError(f"{self.model} has no champion, so there is none to take down.")
            version = self._version(present)
            former = self._former(version)
            decision = Decision(
                "rolled back", present, "person", present, former, f"version {former} is back"
            )
            self._move(decision, version)
        return decision

    def _former(self, version: ModelVersion) -> str:
        number = str(version.tags.get(FORMER, ""))
        if not number:
            raise SeqopsError(
                f"version {version.version} of {self.model} has no former champion to go back to."
            )
        former = versions.version(self.client, self.model, number)
        if ROLLED_BACK in former.tags:
            raise SeqopsError(
                f"the former champion, version {number}, was rolled back itself. "
                f"`seqops promote {self.task} {number}` puts it back all the same."
            )
        return number

    def _move(self, decision: Decision, version: ModelVersion) -> None:
        intent = self._entry(decision, version, "intent")
        past = self._entries()
        if not past or _timeless(past[-1]) != intent:
            self.journal.append(intent)
        self.client.set_registered_model_alias(self.model, versions.CHAMPION, decision.after)
        self._finish(decision, version)

    def _recover(self) -> Decision | None:
        past = self._entries()
        if not past or past[-1]["stage"] != "intent":
            return None
        decision = _decision(past[-1])
        if versions.get_alias(self.client, self.model, versions.CHAMPION) != decision.after:
            return None
        self._finish(decision, self._version(decision.version))
        return decision

    def _finish(self, decision: Decision, version: ModelVersion) -> None:
        tags = {
            "seqops.decision": decision.action,
            "seqops.decision_by": decision.by,
            "seqops.decision_reason": decision.reason[: versions.MAX_DESCRIPTION],
            "seqops.decision_numbers": _brief(decision.numbers),
        }
        if decision.action == "rolled back":
            tags[ROLLED_BACK] = "true"
        versions.tag(self.client, version, tags)
        if decision.action == "promoted" and ROLLED_BACK in version.tags:
            self.client.delete_model_version_tag(self.model, decision.version, ROLLED_BACK)
        self.journal.append(self._entry(decision, version, "outcome"))

    def _version(self, number: str) -> ModelVersion:
        return versions.version(self.client, self.model, number)

    def _entries(self) -> list[JournalEntry]:
        return [entry for entry in self.journal.entries() if entry.get("model") == self.model]

    def _entry(self, decision: Decision, version: ModelVersion, stage: str) -> JournalEntry:
        entry = {
            "task": self.task,
            "model": self.model,
            "stage": stage,
            "action": decision.action,
            "version": decision.version,
            "run_id": version.run_id,
            "by": decision.by,
            "from": decision.before,
            "to": decision.after,
            "reason": decision.reason,
            "numbers": dict(decision.numbers),
        }
        plain: JournalEntry = json.loads(json.dumps(entry, allow_nan=False))
        return plain


def _decision(entry: JournalEntry) -> Decision:
    return Decision(
        entry["action"],
        entry["version"],
        entry["by"],
        entry["from"],
        entry["to"],
        entry["reason"],
        entry["numbers"],
    )


def _timeless(entry: JournalEntry) -> JournalEntry:
    return {key: value for key, value in entry.items() if key != "time"}


def _brief(numbers: Mapping[str, Any]) -> str:
    """Write the numbers as a tag holds them: without the slices where there is no room."""
    text = json.dumps(numbers, ensure_ascii=False, allow_nan=False)
    if len(text) <= versions.MAX_DESCRIPTION:
        return text
    short = {key: value for key, value in numbers.items() if key != "slices"}
    return json.dumps(short, ensure_ascii=False, allow_nan=False)[: versions.MAX_DESCRIPTION]
