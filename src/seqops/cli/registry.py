"""`seqops compare`, `history`, `promote`, `rollback` and `publish`: who is champion, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from seqops.cli.options import Debug, OneTask
from seqops.core.errors import DataError, SeqopsError
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import exit_on_error, out

if TYPE_CHECKING:
    from seqops.registry.assess import Assessment
    from seqops.registry.champion import ChampionAlias
    from seqops.registry.compare import VersionSummary
    from seqops.registry.promotion_rule import Comparison, PromotionRule
    from seqops.registry.rescore import TestSet


@dataclass(frozen=True)
class RegistryContext:
    """A task, its registered model and the rule of the project."""

    store: Project
    task: Task
    rule: PromotionRule
    champion_alias: ChampionAlias

    def test_set(self) -> TestSet:
        """Open the present test rows. Raises DataError where preprocess has not run."""
        from seqops.registry.rescore import TestSet

        paths = self.store.task_paths(self.task.name)
        return TestSet.load(self.task, paths, paths.data_sha256())


@contextmanager
def _registry_context(name: str, debug: bool) -> Iterator[RegistryContext]:
    with exit_on_error(debug):
        project = Project.find()
        params = Params.load(project.params)
        task = params.task(name)
        from seqops.evaluation.evaluate import BootstrapConfig
        from seqops.registry.champion import ChampionAlias
        from seqops.registry.promotion_rule import PromotionRule
        from seqops.tracking import connection

        bootstrap = BootstrapConfig(
            params.evaluation.resamples, params.evaluation.seed, params.registry.alpha
        )
        rule = PromotionRule(bootstrap, params.registry.slice_alpha, params.registry.unscorable)
        champion_alias = ChampionAlias(connection.connect(project), project, name, task.data.registered_name)
        yield RegistryContext(project, task, rule, champion_alias)


def compare(
    task: OneTask,
    last: Annotated[int, typer.Option(min=1, help="Show so many of the newest versions.")] = 3,
    debug: Debug = False,
) -> None:
    """Show champion, challenger and the last versions side by side, each beside the champion."""
    with _registry_context(task, debug) as context:
        from seqops.registry.compare import compare_versions

        try:
            test_set = context.test_set()
        except DataError as error:
            out.print(f"No differences to the champion: {error}", markup=False, highlight=False)
            test_set = None
        client, name = context.champion_alias.client, context.champion_alias.model
        line = compare_versions(client, name, last, test_set, context.rule.bootstrap)
        out.print(_scores(name, line), _made(line), sep="\n")


def history(task: OneTask, debug: Debug = False) -> None:
    """List every decision about the champion of a task: when, what, why and by whom."""
    with exit_on_error(debug):
        from seqops.runtime.journal import Journal

        project = Project.find()
        model = Params.load(project.params).task(task).data.registered_name
        entries = [e for e in Journal.open(project).entries() if e.get("task") == task]
        done = [e for i, e in enumerate(entries) if e["stage"] == "outcome" or i == len(entries) - 1]
        if not done:
            out.print(f"Nothing was decided about {task} yet. Run `dvc repro evaluate@{task}`.")
            return
        table = Table(title=f"Decisions about {model}")
        for column in ("when (UTC)", "what", "version", "champion", "score (champion's)", "by", "why"):
            table.add_column(column)
        for entry in done:
            what = entry["action"] if entry["stage"] == "outcome" else f"{entry['action']}, unfinished"
            change = f"{entry['from'] or 'none'} -> {entry['to'] or 'none'}"
            when = entry["time"].removesuffix("+00:00").replace("T", " ")
            cells = (
                when,
                what,
                entry["version"],
                change,
                _goal(entry["numbers"]),
                entry["by"],
                entry["reason"],
            )
            table.add_row(*map(escape, cells))
        out.print(table)


def promote(
    task: OneTask,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The number of a registered version.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    debug: Debug = False,
) -> None:
    """Make a version champion by hand, whatever the rule says; what it says is recorded beside it."""
    with _registry_context(task, debug) as context:
        from seqops.registry.champion import Decision

        context.champion_alias.recover()
        champion = context.champion_alias.champion()
        opinion, numbers = _rule_verdict(context, version, champion)
        if champion == version:
            out.print(f"version {version} of {context.champion_alias.model} is the champion already.")
            return
        out.print(opinion, markup=False, highlight=False)
        if not yes:
            _confirmed(f"Make version {version} champion in the place of {champion or 'none'}?")
        reason = f"by hand; {opinion}"
        decision = Decision("promoted", version, "person", champion, version, reason, numbers)
        out.print(context.champion_alias.promote(decision).summary(), markup=False, highlight=False)


def rollback(task: OneTask, debug: Debug = False) -> None:
    """Put the former champion back; the rule will not promote again the version that this takes down."""
    with _registry_context(task, debug) as context:
        out.print(context.champion_alias.roll_back().summary(), markup=False, highlight=False)


def publish(task: OneTask, debug: Debug = False) -> None:
    """Register the artefacts on disk again, for example after the tracking store was lost."""
    with _registry_context(task, debug) as context:
        from seqops.registry import publish
        from seqops.tracking.fingerprint import Fingerprint

        fingerprint = Fingerprint.compute(context.store, context.task)
        decision = publish.publish(context.store, context.task, fingerprint, context.rule)
        out.print(decision.summary(), markup=False, highlight=False)


def _rule_verdict(context: RegistryContext, version: str, champion: str | None) -> tuple[str, dict[str, Any]]:
    """Say what the rule would do, and show by which numbers. Raises SeqopsError for an unknown version."""
    from seqops.registry import versions
    from seqops.registry.assess import assess

    client, name = context.champion_alias.client, context.champion_alias.model
    found = versions.version(client, name, version)
    try:
        assessment = assess(client, context.test_set(), found, champion, context.rule)
    except SeqopsError as error:
        return f"the rule has no opinion: {error}", {}
    if assessment.comparison is not None:
        out.print(_difference(assessment.comparison, version, str(champion)))
    return _words(assessment), {**assessment.numbers, "opinion": assessment.verdict.promote}


def _words(assessment: Assessment) -> str:
    would = "would promote it" if assessment.verdict.promote else "would not promote it"
    return f"the rule {would}: {assessment.verdict.reason}"


def _confirmed(question: str) -> None:
    if not sys.stdin.isatty():
        raise SeqopsError("there is nobody to ask: this is no terminal. Pass --yes to do it unasked.")
    if not typer.confirm(question):
        raise SeqopsError("nothing was changed.")


def _difference(comparison: Comparison, version: str, champion: str) -> Table:
    table = Table(title=f"Version {version} beside version {champion}, by {comparison.metric}")
    for column in ("rows", "better by", "p of being better by chance", "p of being worse by chance"):
        table.add_column(column)
    whole = comparison.difference
    table.add_row("all", _range(whole.to_json()), f"{whole.p:.3g}", "")
    for part in comparison.slices:
        name, p = escape(f"{part.name} ({part.rows})"), part.difference.p
        table.add_row(name, _range(part.difference.to_json()), f"{p:.3g}", f"{part.p_worse:.3g}")
    return table


def _scores(name: str, line: list[VersionSummary]) -> Table:
    table = Table(title=f"Versions of {name}")
    table.add_column("score on the test rows")
    for summary in line:
        table.add_column(" ".join([f"v{summary.version}", *summary.aliases]))
    known = [summary.metrics for summary in line if summary.metrics is not None]
    metrics = dict.fromkeys(metric for found in known for metric in (found["goal"], *found["model"]))
    for metric in metrics:
        table.add_row(metric, *(_score(summary, metric) for summary in line))
    table.add_row("better than the champion by", *(escape(summary.better) for summary in line))
    return table


def _score(summary: VersionSummary, metric: str) -> str:
    if summary.metrics is None:
        return "lost"
    return _range(summary.metrics["model"].get(metric))


def _made(line: list[VersionSummary]) -> Table | str:
    from seqops.registry.compare import differing

    rows = differing(line)
    if not rows:
        return "Params and data are the same."
    table = Table(title="What differs")
    table.add_column("key")
    for summary in line:
        table.add_column(f"v{summary.version}")
    for key, values in rows.items():
        table.add_row(key, *map(escape, values))
    return table


def _goal(numbers: Mapping[str, Any]) -> str:
    if "difference" not in numbers:
        return ""
    values = (numbers["ours"], numbers["champion"])
    ours, theirs = ("undefined" if value is None else f"{value:.4g}" for value in values)
    return f"{ours} ({theirs})"


def _range(score: Mapping[str, float | None] | None) -> str:
    if score is None or score["value"] is None:
        return "undefined"
    ends = ("undefined" if end is None else f"{end:.4g}" for end in (score["low"], score["high"]))
    return escape(f"{score['value']:.4g} [{', '.join(ends)}]")
