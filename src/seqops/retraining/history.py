"""The record of retraining: `.state/retraining.jsonl`, and one MLflow run a cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqops.core.project import Project
from seqops.runtime.journal import Journal, JournalEntry
from seqops.tracking import connection, mlflow_runs

EXPERIMENT = "retraining"
BEGUN, FAILED, ENDED = "begun", "failed", "ended"


@dataclass(frozen=True)
class RetrainingHistory:
    """The cycles of one task: a line where data is about to change, and a line where a cycle has ended."""

    store: Project
    task: str

    @property
    def journal(self) -> Journal:
        """The file, which only grows."""
        return Journal(self.store.state / "retraining.jsonl")

    def unfinished(self) -> JournalEntry | None:
        """Return the line of a cycle that began and did not end."""
        mine = (entry for entry in self.journal.entries() if entry.get("task") == self.task)
        last = [entry for entry in mine if entry["stage"] != FAILED][-1:]
        return last[0] if last and last[0]["stage"] == BEGUN else None

    def begin(self, details: Mapping[str, Any]) -> None:
        """Record what is about to be done."""
        self.journal.append({"task": self.task, "stage": BEGUN, **details})

    def fail(self, reason: str) -> None:
        """Record what kept a cycle from its end; one that had begun is to be gone on with."""
        self.journal.append({"task": self.task, "stage": FAILED, "reason": reason})

    def end(self, details: Mapping[str, Any]) -> None:
        """Record what came of a cycle, here first, then in the tracking store."""
        self.journal.append({"task": self.task, "stage": ENDED, **details})
        client = connection.connect(self.store)
        with connection.translate_store_errors():
            experiment = mlflow_runs.experiment_of(client, self.store, EXPERIMENT)
            tags = {
                f"seqops.{key}": str(value) for key, value in details.items() if not isinstance(value, dict)
            }
            tags |= {"seqops.task": self.task, "seqops.kind": EXPERIMENT}
            run = client.create_run(experiment, run_name=f"{self.task}: {details['outcome']}", tags=tags)
            for key, count in details.get("rows", {}).items():
                client.log_metric(run.info.run_id, f"rows/{key}", count)
            client.set_terminated(run.info.run_id)
