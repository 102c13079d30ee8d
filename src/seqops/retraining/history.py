"""Records of retraining: `.state/retraining.jsonl`, and one MLflow run for each cycle."""

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
    """The cycles of one task: a line before data change, and a line when a cycle has ended."""

    project: Project
    task: str

    @property
    def journal(self) -> Journal:
        """The file, which is only appended to."""
        return Journal(self.project.state / "retraining.jsonl")

    def unfinished(self) -> JournalEntry | None:
        """Return the entry of the last cycle, if it began and did not end."""
        mine = (entry for entry in self.journal.entries() if entry.get("task") == self.task)
        last = [entry for entry in mine if entry.get("stage") in (BEGUN, ENDED)][-1:]
        return last[0] if last and last[0]["stage"] == BEGUN else None

    def begin(self, details: Mapping[str, Any]) -> None:
        """Record that a cycle is about to change data."""
        self.journal.append({"task": self.task, "stage": BEGUN, **details})

    def fail(self, reason: str) -> None:
        """Record why a cycle failed; if it had begun, the next one resumes it."""
        self.journal.append({"task": self.task, "stage": FAILED, "reason": reason})

    def end(self, details: Mapping[str, Any]) -> None:
        """Record the result of a cycle, first in the journal, then in the tracking store."""
        self.journal.append({"task": self.task, "stage": ENDED, **details})
        client = connection.connect(self.project)
        with connection.translate_store_errors():
            experiment = mlflow_runs.experiment_of(client, self.project, EXPERIMENT)
            tags = {
                f"seqops.{key}": str(value) for key, value in details.items() if not isinstance(value, dict)
            }
            tags |= {"seqops.task": self.task, "seqops.kind": EXPERIMENT}
            run = client.create_run(experiment, run_name=f"{self.task}: {details['outcome']}", tags=tags)
            for key, count in details.get("rows", {}).items():
                client.log_metric(run.info.run_id, f"rows/{key}", count)
            client.set_terminated(run.info.run_id)
