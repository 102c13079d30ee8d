"""MLflow runs of a study: a parent run, and a nested run for each fit, so that the UI can compare them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Param
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.tracking.connection import connect, translate_store_errors
from seqops.tracking.fingerprint import Fingerprint, git_commit
from seqops.tracking.mlflow_runs import TrainingRun, experiment_of, source_of

STATUS = {"complete": "FINISHED", "pruned": "FINISHED", "failed": "FAILED", "died": "KILLED"}
MAX_NAME = 250  # characters of a run's name


@dataclass(frozen=True)
class StudyRuns:
    """The runs of one study; each process opens them for itself."""

    client: mlflow.MlflowClient
    experiment: str
    parent: TrainingRun
    study: str
    tags: Mapping[str, str]

    def fit(self, name: str, task: Task, kind: str, number: int) -> TrainingRun:
        """Start the nested run of one fit; kind: `trial`, or `repeat` with another seed."""
        tags = {
            **self.tags,
            MLFLOW_PARENT_RUN_ID: self.parent.run_id,
            "seqops.kind": kind,
            "seqops.trial": str(number),
            "seqops.state": "running",
        }
        with translate_store_errors():
            run = self.client.create_run(self.experiment, run_name=name[:MAX_NAME], tags=tags)
            params = [
                Param(key, str(value)) for key, value in {**task.values(), "source": source_of(task)}.items()
            ]
            self.client.log_batch(run.info.run_id, params=params)
        return TrainingRun(self.client, run.info.run_id)

    def end(self, run: TrainingRun, state: str, why: str, metrics: Mapping[str, float]) -> None:
        """End a nested run; state: `complete`, `pruned`, `failed` or `died`; why: the reason."""
        run.log_metrics(metrics)
        run.set_tags({"seqops.state": state, "seqops.why": why})
        with translate_store_errors():
            self.client.set_terminated(run.run_id, STATUS[state])

    def mark_died(self, kind: str, died: set[int]) -> None:
        """Mark the runs of trials whose process died; died: their numbers in the study."""
        with translate_store_errors():
            query = (
                f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{self.parent.run_id}' and tags.`seqops.kind` = '{kind}'"
            )
            for run in self.client.search_runs([self.experiment], query, max_results=10_000):
                tags = run.data.tags
                if int(tags["seqops.trial"]) in died and tags["seqops.state"] != "died":
                    self.client.set_tag(run.info.run_id, "seqops.state", "died")
                    self.client.set_terminated(run.info.run_id, STATUS["died"])

    def close(self, metrics: Mapping[str, float], page: Path) -> None:
        """End the parent run with the metrics and the page of the study."""
        self.parent.log_metrics(metrics)
        self.parent.log_artifact(page, "study")
        with translate_store_errors():
            self.client.set_terminated(self.parent.run_id, "FINISHED")


def study_runs(
    project: Project, task: Task, study: str, fingerprint: Fingerprint, settings: Mapping[str, Any]
) -> StudyRuns:
    """Find the parent run of a study, or start it."""
    client = connect(project)
    tags = {"seqops.task": task.name, "seqops.source": source_of(task), "seqops.study": study}
    with translate_store_errors():
        experiment = experiment_of(client, project, task.name)
        query = f"tags.`seqops.study` = '{study}' and tags.`seqops.kind` = 'study'"
        found = client.search_runs([experiment], query, max_results=1)
        if found:
            run_id = found[0].info.run_id
            client.update_run(run_id, status="RUNNING")
        else:
            own = {
                **tags,
                "seqops.kind": "study",
                "seqops.data_sha256": fingerprint.data,
                "seqops.git_commit": git_commit(project.root),
            }
            name = f"study of {Path(source_of(task)).name}"
            run_id = client.create_run(experiment, run_name=name, tags=own).info.run_id
            client.log_batch(run_id, params=[Param(k, str(v)[:6000]) for k, v in settings.items()])
    return StudyRuns(client, experiment, TrainingRun(client, run_id), study, tags)
