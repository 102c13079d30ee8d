"""Environment variables and stderr while libraries are imported, and the environment of DVC's stages."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqops.runtime.ctrl_c import held_back

ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    # the printed URL would show the password of a server
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
}


def prepare() -> None:
    """Set the variables that libraries read at import; those already set stay unchanged."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("tensorflow").addFilter(_no_advice_to_trace_once)


def _no_advice_to_trace_once(record: logging.LogRecord) -> bool:
    """Drop the warning that functions are traced again: each of several models has a graph of its own."""
    return "retracing" not in record.getMessage()


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Redirect file descriptor 2 to null, because the first lines of TensorFlow ignore the log level.

    Signals wait until its import, for which this is, is over.
    """
    stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    with held_back():
        os.dup2(null, 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            os.close(null)


def stage_environment() -> dict[str, str]:
    """Return the environment in which DVC finds the programs of this installation.

    DVC runs stages by $SHELL, which of a system user is often `nologin`: they run by /bin/sh.
    """
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": programs, "SHELL": "/bin/sh"}
