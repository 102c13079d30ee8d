"""`seqops report`: one page over all registered models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqops.cli.options import Debug, Tasks
from seqops.core.errors import SeqopsError
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import err, exit_on_error, out

if TYPE_CHECKING:
    import mlflow

    from seqops.evaluation.evaluate import BootstrapConfig
    from seqops.registry.decision_log import DecisionLog
    from seqops.registry.overview import ModelOverview

Page = Annotated[Path | None, typer.Option(help="Where the page is written; default: .state/models.html.")]


def report(tasks: Tasks = None, output: Page = None, debug: Debug = False) -> None:
    """Write a page over the registered models: versions, scores, decisions, and the champion over time."""
    with exit_on_error(debug):
        from seqops.registry.decision_log import DecisionLog
        from seqops.registry.overview_page import write_overview
        from seqops.registry.promotion_rule import PromotionRule
        from seqops.tracking import connection

        project = Project.find()
        if output and output.is_dir():
            raise SeqopsError(f"--output {output} is a folder. Name a file in it.")
        params, client = Params.load(project.params), connection.connect(project)
        bootstrap = PromotionRule.of(params.evaluation, params.registry).bootstrap
        log = DecisionLog.read(project)
        if damage := log.damage():
            err.print(damage, markup=False, highlight=False)
        configured = [params.task(name) for name in tasks or params.names]
        models = [model for task in configured for model in _models(client, task, log, bootstrap)]
        if not models:
            raise SeqopsError("no model is registered yet. Run `dvc repro`.")
        page = output or project.state / "models.html"
        write_overview(page, models)
        out.print(f"{page}: {len(models)} registered models", markup=False, highlight=False, soft_wrap=True)


def _models(
    client: mlflow.MlflowClient, task: Task, log: DecisionLog, bootstrap: BootstrapConfig
) -> list[ModelOverview]:
    from seqops.registry import versions
    from seqops.registry.compare import compare_versions
    from seqops.registry.names import registered_name
    from seqops.registry.overview import overview_of

    names = [*versions.names(client, task.data.registered_name), registered_name(task)]
    return [
        overview_of(
            client,
            task.name,
            name,
            compare_versions(client, name, len(registered), None, bootstrap),
            log.of_model(name),
            bootstrap.alpha,
        )
        for name in dict.fromkeys(names)
        if (registered := versions.versions(client, name))
    ]
