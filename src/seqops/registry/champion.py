"""Promotion and rollback of the champion, safe against a crash at any point.

The alias alone defines the champion, and moving it is the only commit point. The intent and what a rollback
needs are written before the move, tags and the outcome after it. The next process that takes the lock
completes what a crash interrupted.
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
from seqops.registry.comparison_history import TEST_ROWS
from seqops.registry.decision_log import DecisionLog
from seqops.registry.tags import DECIDED_BY, DECISION, NUMBERS, REASON, tags_of
from seqops.runtime.journal import Journal, JournalEntry
from seqops.runtime.locks import exclusive_lock
from seqops.tracking.connection import translate_store_errors

Action = Literal["promoted", "kept", "rolled back"]
MAX_NUMBERS = 3500  # characters of the numbers in the tag, which has the hashes, too
FORMER, ROLLED_BACK = "seqops.former_champion", "seqops.rolled_back"


class ChampionChangedError(SeqopsError):
    """Another version became champion while this one was compared with the previous champion."""


@dataclass(frozen=True)
class Decision:
    """A decision about a version, and its reason.

    by: `rule` or `user`; before, after: the champions; numbers: the evidence, as JSON values.
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
        """Return whether the version is now the champion."""
        return self.after == self.version

    def summary(self) -> str:
        """Summarize the decision in two lines."""
        change = f"champion: {self.before or 'none'} -> {self.after or 'none'}"
        if self.before == self.after:
            change = f"champion: {self.after or 'none'}, as before"
        return f"version {self.version} {self.action} by the {self.by}: {self.reason}.\n{change}"


@dataclass(frozen=True)
class ChampionAlias:
    """The champion alias of one registered model."""

    client: mlflow.MlflowClient
    project: Project
    task: str
    model: str

    @property
    def journal(self) -> Journal:
        """The journal of the project."""
        return Journal.open(self.project)

    def decisions(self) -> list[JournalEntry]:
        """List the decisions about this registered model, oldest first."""
        return DecisionLog.read(self.project).of_model(self.model)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock this registered model against changes by other processes of the project."""
        with exclusive_lock(self.project.state / f"registry-{self.model}.lock"), translate_store_errors():
            yield

    def champion(self) -> str | None:
        """Return the current champion version, or None."""
        with translate_store_errors():
            return versions.get_alias(self.client, self.model, versions.CHAMPION)

    def recover(self) -> Decision | None:
        """Complete a decision that a crash interrupted after the alias was moved; return it, if any."""
        with self.lock():
            return self._recover()

    def promote(self, decision: Decision) -> Decision:
        """Make a version champion instead of the one it was compared with, `decision.before`.

        Raises ChampionChangedError if that one is no longer champion.
        """
        with self.lock():
            self._recover()
            current = versions.get_alias(self.client, self.model, versions.CHAMPION)
            if current == decision.version:
                return replace(decision, action="kept", before=current, reason="it is the champion")
            if current != decision.before:
                raise ChampionChangedError(
                    f"version {current} became champion in the meantime; run again to compare with it"
                )
            version = self._version(decision.version)
            versions.tag(self.client, version, {FORMER: decision.before or ""})
            self._move(decision, version)
        return decision

    def keep(self, decision: Decision) -> Decision:
        """Record that the champion stays; a repeated identical decision is recorded once."""
        with self.lock():
            version = self._version(decision.version)
            past = [e for e in self.decisions() if e["version"] == decision.version]
            if not past or _without_time(past[-1]) != self._entry(decision, version, "outcome"):
                self._finish(decision, version)
        return decision

    def roll_back(self) -> Decision:
        """Restore the previous champion. Raises SeqopsError if there is none."""
        with self.lock():
            recovered = self._recover()
            if recovered is not None and recovered.action == "rolled back":
                return recovered
            current = versions.get_alias(self.client, self.model, versions.CHAMPION)
            if current is None:
                raise SeqopsError(f"{self.model} has no champion, so there is nothing to roll back.")
            version = self._version(current)
            former = self._former(version)
            decision = Decision(
                "rolled back", current, "user", current, former, f"version {former} is restored"
            )
            self._move(decision, version)
        return decision

    def _former(self, version: ModelVersion) -> str:
        number = tags_of(version).get(FORMER, "")
        if not number:
            raise SeqopsError(
                f"version {version.version} of {self.model} has no previous champion to roll back to."
            )
        former = versions.version(self.client, self.model, number)
        if versions.same_content(former, version):
            # this version replaced it, because its bundle was lost
            return self._former(former)
        if ROLLED_BACK in tags_of(former):
            raise SeqopsError(
                f"the previous champion, version {number}, was itself rolled back. "
                f"To restore it anyway, run `seqops promote {self.task} {number}`."
            )
        return number

    def _move(self, decision: Decision, version: ModelVersion) -> None:
        intent = self._entry(decision, version, "intent")
        past = self.decisions()
        if not past or _without_time(past[-1]) != intent:
            self.journal.append(intent)
        self.client.set_registered_model_alias(self.model, versions.CHAMPION, decision.after)
        self._finish(decision, version)

    def _recover(self) -> Decision | None:
        past = self.decisions()
        if not past or past[-1]["stage"] != "intent":
            return None
        decision = _decision(past[-1])
        if versions.get_alias(self.client, self.model, versions.CHAMPION) != decision.after:
            return None
        self._finish(decision, self._version(decision.version))
        return decision

    def _finish(self, decision: Decision, version: ModelVersion) -> None:
        tags = {
            DECISION: decision.action,
            DECIDED_BY: decision.by,
            REASON: decision.reason[: versions.MAX_DESCRIPTION],
            NUMBERS: _tag_text(decision.numbers),
        }
        if decision.action == "rolled back":
            tags[ROLLED_BACK] = "true"
        no_longer = ROLLED_BACK if decision.action == "promoted" else ""
        versions.tag(self.client, version, tags, without=no_longer)
        self.journal.append(self._entry(decision, version, "outcome"))

    def _version(self, number: str) -> ModelVersion:
        return versions.version(self.client, self.model, number)

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


def _without_time(entry: JournalEntry) -> JournalEntry:
    return {key: value for key, value in entry.items() if key != "time"}


def _tag_text(numbers: Mapping[str, Any]) -> str:
    """Format the numbers as JSON: without the hashes of rows, and without what is too long for a tag."""
    for without in ((TEST_ROWS,), (TEST_ROWS, "slices"), (TEST_ROWS, "slices", "baselines")):
        kept = {key: value for key, value in numbers.items() if key not in without}
        text = json.dumps(kept, ensure_ascii=False, allow_nan=False)
        if len(text) <= MAX_NUMBERS:
            break
    return text
