"""`seqops doctor` and `seqops ui`: check the environment, open the MLflow UI."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.markup import escape

from seqops.cli.options import Debug
from seqops.core.project import Project
from seqops.runtime.console import exit_on_error, out


def doctor(debug: Debug = False) -> None:
    """Check the environment, folders, params.yaml, tracking store, mirror and data, and print fixes.

    Exits with 1 if there is a problem.
    """
    with exit_on_error(debug):
        from seqops.cli.checks import examine

        findings = examine(Project.find())
        for finding in findings:
            mark = "[green]ok[/]     " if finding.ok else "[red]problem[/]"
            out.print(mark, f"[bold]{finding.name}[/]:", escape(finding.message))
        if not all(finding.ok for finding in findings):
            sys.exit(1)


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 5000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any address other than loopback requires a password.")
    ] = "127.0.0.1",
    debug: Debug = False,
) -> None:
    """Serve the MLflow UI, by default for this machine only."""
    with exit_on_error(debug):
        from seqops.cli import mlflow_server
        from seqops.cli.server_process import run_server
        from seqops.tracking import connection, store_address

        project, given = Project.find(), dict(os.environ)
        uri = store_address.store_uri(project)
        environment = mlflow_server.environment(uri, host, given, project.state / "mlflow")
        mlflow_server.require_free(host, port)
        connection.connect(project)
        if not mlflow_server.is_loopback(host):
            out.print(f"Passwords are sent unencrypted: put a TLS proxy in front of {host}:{port}.")
        sys.exit(run_server(mlflow_server.command(host, port), environment))
