"""One cycle of retraining of one task, from its source to a decision about the champion."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from seqops.core.errors import BadData, SeqopsError
from seqops.core.interfaces import Task
from seqops.core.project import Store
from seqops.core.settings import Thresholds
from seqops.params import Params
from seqops.registry import versions
from seqops.retraining.champion_drift import against_champion
from seqops.retraining.history import Audit
from seqops.retraining.incoming import Arrival
from seqops.retraining.row_diff import Changes
from seqops.retraining.triggers import Circumstances, Trigger, due
from seqops.runtime.console import err, out, told
from seqops.runtime.environment import stage_environment
from seqops.runtime.journal import Entry, Ledger
from seqops.runtime.locks import at_once
from seqops.tracking import connection

Outcome = Literal["promoted", "kept", "nothing", "refused", "failed", "due"]


@dataclass(frozen=True)
class Settings:
    """How a cycle goes: when it is due; trials of a search before it (0: none); only look, change nothing."""

    triggers: Sequence[Trigger]
    thresholds: Thresholds
    tune: int = 0
    dry_run: bool = False


@dataclass(frozen=True)
class Ended:
    """What came of a cycle, why, and in which version; `due`: what a dry run found that it would do."""

    task: str
    outcome: Outcome
    reason: str
    version: str | None = None
    champion: str | None = None
    facts: dict[str, Any] = field(default_factory=dict, repr=False)

    def event(self) -> dict[str, Any]:
        """Return what others are told."""
        return {key: value for key, value in vars(self).items() if key != "facts"}

    def said(self) -> str:
        """Say it in a line."""
        heads = {"nothing": "nothing to do", "refused": "data refused", "due": "would be retrained"}
        return f"{self.task}: {heads.get(self.outcome, self.outcome)}: {self.reason}"


def retrain(store: Store, name: str, settings: Settings) -> Ended:
    """Run one cycle, alone among the cycles of its task. Raises SeqopsError where it cannot be ended."""
    task = Params.load(store.params).task(name)
    audit = Audit(store, name)
    with at_once(store.state / "retraining" / f"{name}.lock", f"a retraining of {name}"):
        try:
            return Cycle(store, task, settings, audit).run()
        except (SeqopsError, OSError) as error:
            if not settings.dry_run:
                audit.fail(told(error))
            raise


@dataclass(frozen=True)
class Cycle:
    """The steps of a cycle."""

    store: Store
    task: Task
    settings: Settings
    audit: Audit

    def run(self) -> Ended:
        """Fetch, guard, decide whether it is due, reproduce, and record what came of it."""
        arrival = Arrival.fetch(self.store, self.task)
        before: dict[str, Any] = {"data_before": arrival.held_sha256, "data_after": arrival.sha256}
        try:
            changed = arrival.changes()
        except BadData as error:
            return self._refused(arrival, [str(error)], before)
        facts = {**before, "rows": changed.counts()}
        if changed and (faults := arrival.faults()):
            return self._refused(arrival, faults, facts)
        unfinished = self.audit.unfinished()
        is_due, why = due(self.settings.triggers, self._circumstances(arrival, unfinished, changed))
        verdict = "due" if is_due else "not due"
        err.print(f"{self.task.name}: {changed.said()}; {verdict}: {why}", markup=False, highlight=False)
        facts |= {"due": is_due, "why": why}
        if is_due and not self.settings.dry_run:
            return self._reproduced(arrival, unfinished, facts)
        arrival.discard()
        return self._ended("due" if is_due else "nothing", why, facts)

    def _refused(self, arrival: Arrival, reasons: Sequence[str], facts: dict[str, Any]) -> Ended:
        reason = "; ".join(reasons)
        if self.settings.dry_run:
            arrival.discard()
            return self._ended("refused", reason, facts)
        place = arrival.quarantine(reasons).relative_to(self.store.root)
        return self._ended("refused", f"{reason} (it lies in {place})", facts)

    def _circumstances(self, arrival: Arrival, unfinished: Entry | None, changed: Changes) -> Circumstances:
        client, model = connection.connect(self.store), self.task.data.registered_name
        with connection.answering():
            number = versions.holder(client, model, versions.CHAMPION)
            age = None
            if number is not None:
                made = client.get_model_version(model, number).creation_timestamp
                age = datetime.now(UTC) - datetime.fromtimestamp(made / 1000, UTC)
        return Circumstances(
            unfinished["why"] if unfinished else None, changed, age, lambda: self._drift(arrival, changed)
        )

    def _drift(self, arrival: Arrival, changed: Changes) -> tuple[bool, str]:
        client, thresholds = connection.connect(self.store), self.settings.thresholds
        found = against_champion(self.task, client, arrival.table, changed.new, thresholds)
        if found is None:
            return False, "drift cannot be told of a champion that was registered without its statistics"
        return found.drifted, found.said()

    def _reproduced(self, arrival: Arrival, unfinished: Entry | None, facts: dict[str, Any]) -> Ended:
        decided = unfinished["decided"] if unfinished else len(self._decisions())
        self.audit.begin({**facts, "decided": decided})
        if arrival.sha256 != arrival.held_sha256:
            arrival.accept()
        arrival.discard()
        self._dvc("commit", "--quiet", "--force", f"download@{self.task.name}")
        if self.settings.tune:
            self._run("seqops", "tune", self.task.name, "--trials", str(self.settings.tune))
        self._dvc("repro", f"evaluate@{self.task.name}")
        made = self._decisions()[decided:]
        if not made:
            return self._ended(
                "nothing", "the model of this data, these params and this code is there", facts
            )
        last = made[-1]
        outcome: Outcome = "promoted" if last["action"] == "promoted" else "kept"
        return self._ended(outcome, last["reason"], facts, last["version"], last["to"])

    def _decisions(self) -> list[Entry]:
        model = self.task.data.registered_name
        entries = Ledger.of(self.store).entries()
        return [entry for entry in entries if entry.get("model") == model and entry["stage"] == "outcome"]

    def _dvc(self, command: str, *more: str) -> None:
        # another task may be at work in the same project
        self._run("dvc", "--wait-for-lock", command, *more)

    def _run(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        ended = subprocess.run(command, cwd=self.store.root, env=stage_environment(), check=False)  # noqa: S603
        if ended.returncode:
            said = " ".join((module, *arguments))
            raise SeqopsError(
                f"`{said}` failed, as told above. The champion is as before. Mend it, and run again."
            )

    def _ended(
        self,
        outcome: Outcome,
        reason: str,
        facts: dict[str, Any],
        version: str | None = None,
        champion: str | None = None,
    ) -> Ended:
        ended = Ended(self.task.name, outcome, reason.rstrip("."), version, champion, facts)
        if not self.settings.dry_run:
            self.audit.end({**facts, **ended.event()})
        out.print(ended.said(), markup=False, highlight=False)
        return ended
