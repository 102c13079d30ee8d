"""What the libraries read from the environment when they are imported."""

from __future__ import annotations

import os

ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
}


def prepare() -> None:
    """Set what the libraries read at import; what the person has set stays."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
