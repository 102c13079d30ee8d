"""The use of the machine during a fit is logged to its run, and to no server."""

import threading
import time

import pytest

from seqops.core.project import Project
from seqops.tracking import connection, mlflow_runs
from seqops.tracking.system_metrics import log_system_metrics

DEADLINE = 120  # seconds that a busy machine may need for a sample


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "SystemMetricsMonitor"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.01")
    return Project(tmp_path)


def test_the_use_of_the_machine_is_logged_until_the_fit_ends_and_continued_after_it(project, capfd):
    client = connection.connect(project)
    run = client.create_run(mlflow_runs.experiment_of(client, project, "toy")).info.run_id
    capfd.readouterr()  # of the new database
    name, steps = "system/cpu_utilization_percentage", []
    for _ in range(2):
        deadline, before = time.monotonic() + DEADLINE, len(steps)
        with log_system_metrics(project, run):
            while len(steps) == before and time.monotonic() < deadline:
                steps = [metric.step for metric in client.get_metric_history(run, name)]
        steps = [metric.step for metric in client.get_metric_history(run, name)]
        assert threads() == [] and len(steps) > before
    assert steps == list(range(len(steps)))
    assert "system_memory_usage_megabytes" in {
        key.removeprefix("system/") for key in client.get_run(run).data.metrics
    }
    assert capfd.readouterr().err == ""


def test_no_thread_waits_for_a_server(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with log_system_metrics(project, "none"):
        assert threads() == []
