"""`seqops compare`, `history`, `promote`, `rollback`, `publish` and `move-versions`: the model registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqops.cli.confirm import confirm
from seqops.cli.options import Debug, Model, OneTask, Tasks
from seqops.cli.version_tables import decision_table, difference_table, differing_values, score_tables
from seqops.core.errors import DataError, SeqopsError, quoted
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.params import Params
from seqops.registry.names import registered_name
from seqops.runtime.console import err, exit_on_error, out

if TYPE_CHECKING:
    import mlflow

    from seqops.registry.assess import Assessment
    from seqops.registry.champion import ChampionAlias
    from seqops.registry.promotion_rule import PromotionRule
    from seqops.registry.rescore import HeldOutSet


@dataclass(frozen=True)
class RegistryContext:
    """A task, its registered model and the promotion rule of the project."""

    project: Project
    task: Task
    rule: PromotionRule
    champion_alias: ChampionAlias

    def test_set(self) -> HeldOutSet:
        """Load the current test rows. Raises DataError if preprocess has not run, or only for other data."""
        from seqops.registry.rescore import HeldOutSet

        if (present := registered_name(self.task)) != self.champion_alias.model:
            raise DataError(f"the current test rows are those of {present}")
        paths = self.project.task_paths(self.task.name)
        return HeldOutSet.load(self.task, paths, paths.data_sha256())


@contextmanager
def _registry_context(name: str, debug: bool, model: str | None = None) -> Iterator[RegistryContext]:
    with exit_on_error(debug):
        project = Project.find()
        params = Params.load(project.params)
        task = params.task(name)
        from seqops.registry import moving
        from seqops.registry.champion import ChampionAlias
        from seqops.registry.promotion_rule import PromotionRule
        from seqops.tracking import connection

        rule = PromotionRule.of(params.evaluation, params.registry)
        client = connection.connect(project)
        if model:
            _require_model(client, model, task)
        model = model or registered_name(task)
        if line := moving.advice(client, [task]):
            err.print(line, markup=False, highlight=False)
        champion_alias = ChampionAlias(client, project, name, model)
        yield RegistryContext(project, task, rule, champion_alias)


def _require_model(client: mlflow.MlflowClient, model: str, task: Task) -> None:
    """Raise SeqopsError for a name that no registered model of the task has."""
    from seqops.registry import versions

    known = versions.names(client, task.data.registered_name)
    if model not in known and not versions.versions(client, model):
        found = f"Those of this task are {', '.join(known)}" if known else "There is none of this task yet"
        raise SeqopsError(f"no registered model has the name {quoted(model)}. {found}.")


def compare(
    task: OneTask,
    last: Annotated[int, typer.Option(min=1, help="Number of newest versions to show.")] = 3,
    model: Model = None,
    debug: Debug = False,
) -> None:
    """Compare the champion, the challenger and the newest versions: scores, params and data."""
    with _registry_context(task, debug, model) as context:
        from seqops.evaluation.seeds import summary as over_seeds
        from seqops.registry.compare import compare_versions
        from seqops.registry.comparison_history import ComparisonHistory, RowSketch

        try:
            test_set = context.test_set()
        except DataError as error:
            out.print(f"No differences from the champion: {error}", markup=False, highlight=False)
            test_set = None
        client, name = context.champion_alias.client, context.champion_alias.model
        summaries = compare_versions(client, name, last, test_set, context.rule.bootstrap)
        if test_set is not None:
            decisions = context.champion_alias.decisions()
            made = ComparisonHistory.of(RowSketch.of(test_set.truth), decisions, name)
            out.print(made.summary(context.rule.bootstrap.alpha), markup=False, highlight=False)
        out.print(*score_tables(name, summaries), differing_values(summaries), sep="\n")
        for summary in summaries:
            if summary.better_baseline:
                out.print(f"v{summary.version}: {summary.better_baseline}", markup=False, highlight=False)
            if isinstance(summary.metrics, str):
                lost = f"v{summary.version}: its scores are {summary.metrics}; "
                fix = f"if its artefacts are on disk, `seqops publish {task}` restores them."
                out.print(f"{lost}{fix}", markup=False, highlight=False)
            elif line := over_seeds(summary.metrics):
                out.print(f"v{summary.version}: {line}", markup=False, highlight=False)


def history(task: OneTask, model: Model = None, debug: Debug = False) -> None:
    """List every promotion decision about a registered model: time, action, reason and author."""
    with exit_on_error(debug):
        from seqops.registry.decision_log import DecisionLog

        project = Project.find()
        name = model or registered_name(Params.load(project.params).task(task))
        log = DecisionLog.read(project)
        if damage := log.damage():
            err.print(damage, markup=False, highlight=False)
        entries = log.of_model(name)
        shown = [e for i, e in enumerate(entries) if e["stage"] == "outcome" or i == len(entries) - 1]
        if model and not shown:
            raise SeqopsError(f"no promotion decision about {quoted(model)} is recorded.")
        if not shown:
            out.print(f"No promotion decisions for {name} yet. Run `dvc repro evaluate@{task}`.")
            return
        out.print(decision_table(name, shown))


def promote(
    task: OneTask,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Number of a registered version.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    debug: Debug = False,
) -> None:
    """Promote a version manually, whatever the rule decides; the verdict of the rule is recorded too."""
    with _registry_context(task, debug) as context:
        from seqops.registry.champion import Decision

        context.champion_alias.recover()
        champion = context.champion_alias.champion()
        verdict, numbers = _rule_verdict(context, version, champion)
        if champion == version:
            out.print(f"version {version} of {context.champion_alias.model} is already the champion.")
            return
        out.print(verdict, markup=False, highlight=False)
        if not yes:
            confirm(f"Make version {version} champion instead of {champion or 'none'}?")
        reason = f"manually; {verdict}"
        decision = Decision("promoted", version, "user", champion, version, reason, numbers)
        out.print(context.champion_alias.promote(decision).summary(), markup=False, highlight=False)


def rollback(task: OneTask, debug: Debug = False) -> None:
    """Restore the previous champion; the rule will not promote the demoted version again."""
    with _registry_context(task, debug) as context:
        out.print(context.champion_alias.roll_back().summary(), markup=False, highlight=False)


def publish(task: OneTask, debug: Debug = False) -> None:
    """Register the artefacts on disk again, for example after the tracking store was lost."""
    with _registry_context(task, debug) as context:
        from seqops.registry import publish
        from seqops.tracking.fingerprint import Fingerprint

        fingerprint = Fingerprint.compute(context.project, context.task)
        decision = publish.publish(context.project, context.task, fingerprint, context.rule)
        out.print(decision.summary(), markup=False, highlight=False)


def move_versions(tasks: Tasks = None, debug: Debug = False) -> None:
    """Move versions from the names that a former release gave them to the models of their data."""
    with exit_on_error(debug):
        from seqops.registry import moving
        from seqops.tracking import connection

        project = Project.find()
        params, client = Params.load(project.params), connection.connect(project)
        configured = [params.task(name) for name in tasks or params.names]
        moved = [move for task in configured for move in moving.move(project, client, task)]
        for move in moved:
            line = f"{move.model} v{move.version} is now {move.to_model} v{move.to_version}"
            out.print(line, markup=False, highlight=False)
        if not moved:
            out.print("No versions are registered under names of a former release.")


def _rule_verdict(context: RegistryContext, version: str, champion: str | None) -> tuple[str, dict[str, Any]]:
    """Print the comparison; return the verdict of the rule. Raises SeqopsError for an unknown version."""
    from seqops.registry import versions
    from seqops.registry.assess import assess

    client, name = context.champion_alias.client, context.champion_alias.model
    found = versions.version(client, name, version)
    try:
        decisions = context.champion_alias.decisions()
        assessment = assess(client, context.test_set(), found, champion, context.rule, decisions)
    except SeqopsError as error:
        return f"the rule cannot decide: {error}", {}
    if assessment.comparison is not None:
        out.print(difference_table(assessment.comparison, version, str(champion)))
    return _format_verdict(assessment), {
        **assessment.numbers,
        "rule_would_promote": assessment.verdict.promote,
    }


def _format_verdict(assessment: Assessment) -> str:
    would = "would promote it" if assessment.verdict.promote else "would not promote it"
    return f"the rule {would}: {assessment.verdict.reason}"
