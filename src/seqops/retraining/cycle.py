"""One retraining cycle of one task, from its source to the promotion decision."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from seqops.core.errors import DataError, SeqopsError
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.core.raw_folder import sources_of
from seqops.core.redaction import hide_variables
from seqops.core.settings import DownloadSettings, DriftSettings
from seqops.params import Params
from seqops.registry import versions
from seqops.registry.decision_log import DecisionLog
from seqops.registry.names import registered_name
from seqops.retraining.champion_drift import drift_from_champion
from seqops.retraining.history import RetrainingHistory
from seqops.retraining.incoming import IncomingData
from seqops.retraining.row_diff import RowDiff
from seqops.retraining.triggers import Trigger, TriggerContext, due
from seqops.runtime.child_command import run_command
from seqops.runtime.console import Terminated, err, error_summary, out
from seqops.runtime.dvc_lock import kept_from_stages, one_dvc, remove_cut_list
from seqops.runtime.dvc_record import require_readable_record
from seqops.runtime.environment import stage_environment
from seqops.runtime.journal import JournalEntry
from seqops.runtime.locks import LockHeldError, try_lock
from seqops.tracking import connection

Outcome = Literal["promoted", "kept", "nothing", "refused", "failed", "due"]


@dataclass(frozen=True)
class CycleOptions:
    """Options of a cycle; tune: trials of a search before it (0: none); dry_run: change nothing.

    downloads: limits of a download.
    """

    triggers: Sequence[Trigger]
    thresholds: DriftSettings
    tune: int = 0
    dry_run: bool = False
    downloads: DownloadSettings = field(default_factory=DownloadSettings)


@dataclass(frozen=True)
class CycleResult:
    """Outcome of a cycle, reason and version; `due`: a dry run that would have retrained."""

    task: str
    outcome: Outcome
    reason: str
    version: str | None = None
    champion: str | None = None
    details: dict[str, Any] = field(default_factory=dict, repr=False)

    def event(self) -> dict[str, Any]:
        """Return the content of a notification: all but the details."""
        return {key: value for key, value in vars(self).items() if key != "details"}

    def summary(self) -> str:
        """Format the result on one line."""
        heads = {"nothing": "nothing to do", "refused": "data refused", "due": "would be retrained"}
        return f"{self.task}: {heads.get(self.outcome, self.outcome)}: {self.reason}"


class CycleFailedError(SeqopsError):
    """A cycle was ended by an exception of any kind; the message is recorded, and contains no secret."""


def retrain(project: Project, name: str, settings: CycleOptions) -> CycleResult:
    """Run one cycle, under the lock of its task.

    Raises CycleFailedError if it cannot be completed, LockHeldError if another one runs.
    """
    history, sources = RetrainingHistory(project, name), [""]
    try:
        task = Params.load(project.params).task(name)
        sources = [address for _, address in sources_of(task.source)]
        path = project.state / "retraining" / f"{name}.lock"
        with try_lock(path, f"a retraining of {name}") as lock:
            return Cycle(project, task, settings, history, (lock,)).run()
    except (LockHeldError, KeyboardInterrupt, Terminated):
        raise
    except BaseException as error:
        reason = hide_variables(error_summary(error), sources)
        if not settings.dry_run:
            history.fail(reason)
        raise CycleFailedError(reason) from error


@dataclass(frozen=True)
class Cycle:
    """A cycle of one task: its steps, from fetching the source to recording the result.

    locks: file descriptors of locks that its commands hold too, also after this process is killed.
    """

    project: Project
    task: Task
    options: CycleOptions
    history: RetrainingHistory
    locks: tuple[int, ...] = ()

    def run(self) -> CycleResult:
        """Fetch, validate, decide whether it is due, reproduce, and record the result."""
        require_readable_record(self.project)
        remove_cut_list(self.project)
        incoming = IncomingData.fetch(self.project, self.task, self.options.downloads)
        before: dict[str, Any] = {"data_before": incoming.current_sha256, "data_after": incoming.sha256}
        try:
            diff = incoming.diff()
        except DataError as error:
            return self._refused(incoming, [str(error)], before)
        details = {**before, "rows": diff.counts()}
        if diff and (faults := incoming.failed_expectations()):
            return self._refused(incoming, faults, details)
        unfinished = self.history.unfinished()
        is_due, why = due(self.options.triggers, self._trigger_context(incoming, unfinished, diff))
        verdict = "due" if is_due else "not due"
        err.print(f"{self.task.name}: {diff.summary()}; {verdict}: {why}", markup=False, highlight=False)
        details |= {"due": is_due, "why": why}
        if is_due and not self.options.dry_run:
            return self._reproduced(incoming, unfinished, details)
        incoming.discard()
        return self._ended("due" if is_due else "nothing", why, details)

    def _refused(
        self, incoming: IncomingData, reasons: Sequence[str], details: dict[str, Any]
    ) -> CycleResult:
        reason = "; ".join(reasons)
        if self.options.dry_run:
            incoming.discard()
            return self._ended("refused", reason, details)
        folder = incoming.quarantine(reasons).relative_to(self.project.root)
        return self._ended("refused", f"{reason} (the files are in {folder})", details)

    def _trigger_context(
        self, incoming: IncomingData, unfinished: JournalEntry | None, diff: RowDiff
    ) -> TriggerContext:
        client, model = connection.connect(self.project), registered_name(self.task)
        with connection.translate_store_errors():
            number = versions.get_alias(client, model, versions.CHAMPION)
            age = versions.age_of(client.get_model_version(model, number)) if number else None
        return TriggerContext(
            str(unfinished.get("why", "")) if unfinished else None,
            diff,
            age,
            lambda: self._drift(incoming, diff),
        )

    def _drift(self, incoming: IncomingData, diff: RowDiff) -> tuple[bool, str]:
        client, thresholds = connection.connect(self.project), self.options.thresholds
        found = drift_from_champion(self.task, client, incoming.table, diff.new, thresholds)
        if found is None:
            return (
                False,
                "drift is unknown: the champion was registered without statistics of its training rows",
            )
        return found.drifted, found.summary()

    def _reproduced(
        self, incoming: IncomingData, unfinished: JournalEntry | None, details: dict[str, Any]
    ) -> CycleResult:
        decided = unfinished.get("decided") if unfinished else None
        if not isinstance(decided, int):
            decided = len(self._decisions())
        self.history.begin({**details, "decided": decided})
        if incoming.sha256 != incoming.current_sha256:
            # a stage that reads the files ends first
            with kept_from_stages(self.project, [incoming.current], f"seqops retrain {self.task.name}"):
                incoming.accept()
        incoming.discard()
        self._dvc("commit", "--force", f"download@{self.task.name}")
        if self.options.tune:
            self._run("seqops", "tune", self.task.name, "--trials", str(self.options.tune))
        self._dvc("repro", f"evaluate@{self.task.name}")
        # a user may have promoted or rolled back meanwhile
        made = [entry for entry in self._decisions()[decided:] if entry["by"] == "rule"]
        if not made:
            return self._ended(
                "nothing", "the model of these data, params and code is already registered", details
            )
        last = made[-1]
        outcome: Outcome = "promoted" if last["action"] == "promoted" else "kept"
        return self._ended(outcome, last["reason"], details, last["version"], last["to"])

    def _decisions(self) -> list[JournalEntry]:
        decisions = DecisionLog.read(self.project).of_model(registered_name(self.task))
        return [entry for entry in decisions if entry["stage"] == "outcome"]

    def _dvc(self, command: str, *more: str) -> None:
        # another task may be retrained in the same project
        with one_dvc(self.project, self.task.name):
            remove_cut_list(self.project)
            self._run("dvc", "--wait-for-lock", command, *more)

    def _run(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        if run_command(command, self.project.root, stage_environment(), self.locks):
            line = " ".join((module, *arguments))
            raise SeqopsError(f"`{line}` failed; see above. The champion is unchanged. Fix it and run again.")

    def _ended(
        self,
        outcome: Outcome,
        reason: str,
        details: dict[str, Any],
        version: str | None = None,
        champion: str | None = None,
    ) -> CycleResult:
        ended = CycleResult(self.task.name, outcome, reason.rstrip("."), version, champion, details)
        if not self.options.dry_run:
            self.history.end({**details, **ended.event()})
        out.print(ended.summary(), markup=False, highlight=False)
        return ended
