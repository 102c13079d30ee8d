"""The record of retraining: `.state/retraining.jsonl`, and one MLflow run a cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqops.core.project import Store
from seqops.runtime.journal import Entry, Ledger
from seqops.tracking import connection, mlflow_runs

EXPERIMENT = "retraining"
BEGUN, FAILED, ENDED = "begun", "failed", "ended"


@dataclass(frozen=True)
class Audit:
    """The cycles of one task: a line where data is about to change, and a line where a cycle has ended."""

    store: Store
    task: str

    @property
    def ledger(self) -> Ledger:
        """The file, which only grows."""
        return Ledger(self.store.state / "retraining.jsonl")

    def unfinished(self) -> Entry | None:
        """Return the line of a cycle that began and did not end."""
        mine = (entry for entry in self.ledger.entries() if entry.get("task") == self.task)
        last = [entry for entry in mine if entry["stage"] != FAILED][-1:]
        return last[0] if last and last[0]["stage"] == BEGUN else None

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Record what is about to be done."""
        self.ledger.append({"task": self.task, "stage": BEGUN, **facts})

    def fail(self, reason: str) -> None:
        """Record what kept a cycle from its end; one that had begun is to be gone on with."""
        self.ledger.append({"task": self.task, "stage": FAILED, "reason": reason})

    def end(self, facts: Mapping[str, Any]) -> None:
        """Record what came of a cycle, here first, then in the tracking store."""
        self.ledger.append({"task": self.task, "stage": ENDED, **facts})
        client = connection.connect(self.store)
        with connection.answering():
            experiment = mlflow_runs.experiment_of(client, self.store, EXPERIMENT)
            tags = {
                f"seqops.{key}": str(value) for key, value in facts.items() if not isinstance(value, dict)
            }
            tags |= {"seqops.task": self.task, "seqops.kind": EXPERIMENT}
            run = client.create_run(experiment, run_name=f"{self.task}: {facts['outcome']}", tags=tags)
            for key, count in facts.get("rows", {}).items():
                client.log_metric(run.info.run_id, f"rows/{key}", count)
            client.set_terminated(run.info.run_id)
