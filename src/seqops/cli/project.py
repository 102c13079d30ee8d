"""`seqops doctor` and `ui`: the project as a whole."""

from __future__ import annotations

import os
import subprocess
import sys

from rich.markup import escape

from seqops.cli.options import Debug
from seqops.console import out, plainly
from seqops.store import Store


def doctor(debug: Debug = False) -> None:
    """Check the environment, folders, tracking store, mirror and data; say what to mend."""
    with plainly(debug):
        from seqops.doctor import examine

        findings = examine(Store.find())
        for finding in findings:
            mark = "[green]ok[/]     " if finding.ok else "[red]problem[/]"
            out.print(mark, f"[bold]{finding.name}[/]:", escape(finding.message))
        if not all(finding.ok for finding in findings):
            sys.exit(1)


def ui(port: int = 5000, debug: Debug = False) -> None:
    """Open the MLflow UI on this machine alone."""
    with plainly(debug):
        from seqops.blocks.track import store_uri

        command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        uri = ["--backend-store-uri", store_uri(Store.find())]
        sys.exit(subprocess.run([*command, *uri], env=environment, check=False).returncode)  # noqa: S603
