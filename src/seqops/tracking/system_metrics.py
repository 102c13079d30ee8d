"""The use of CPU, memory, disk, network and GPU during a fit, which MLflow shows beside its curves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.system_metrics import system_metrics_monitor

from seqops.core.project import Project
from seqops.tracking.store_address import is_own

INTERVAL = 10  # seconds, unless MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL is set


@contextmanager
def log_system_metrics(project: Project, run_id: str) -> Iterator[None]:
    """Log the use of the machine to a run until the block ends: nothing if that takes less than INTERVAL.

    Only in the project's own store: MLflow waits for a server that does not answer before a fit could end.
    """
    if not is_own(project):
        yield
        return
    logging.getLogger(system_metrics_monitor.__name__).setLevel(logging.CRITICAL)
    monitor = system_metrics_monitor.SystemMetricsMonitor(run_id, INTERVAL, resume_logging=True)
    monitor.start()
    try:
        yield
    finally:
        monitor.finish()
