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
from seqops.core.errors import BadData, SeqopsError
from seqops.core.interfaces import Task
from seqops.core.project import Store
from seqops.params import Params
from seqops.runtime.console import out, plainly

if TYPE_CHECKING:
    from seqops.registry.assess import Judgement
    from seqops.registry.champion import Succession
    from seqops.registry.compare import Candidate
    from seqops.registry.promotion_rule import Comparison, Rule
    from seqops.registry.rescore import Present


@dataclass(frozen=True)
class Court:
    """A task, its registered model and the rule of the project."""

    store: Store
    task: Task
    rule: Rule
    succession: Succession

    def present(self) -> Present:
        """Open the present test rows. Raises BadData where preprocess has not run."""
        from seqops.registry.rescore import Present

        folder = self.store.folder(self.task.name)
        return Present.of(self.task, folder, folder.data_sha256())


@contextmanager
def _court(name: str, debug: bool) -> Iterator[Court]:
    with plainly(debug):
        store = Store.find()
        params = Params.load(store.params)
        task = params.task(name)
        from seqops.evaluation.evaluate import Chance
        from seqops.registry.champion import Succession
        from seqops.registry.promotion_rule import Rule
        from seqops.tracking import connection

        chance = Chance(params.evaluation.resamples, params.evaluation.seed, params.registry.alpha)
        rule = Rule(chance, params.registry.guard, params.registry.unscorable)
        succession = Succession(connection.connect(store), store, name, task.data.registered_name)
        yield Court(store, task, rule, succession)


def compare(
    task: OneTask,
    last: Annotated[int, typer.Option(min=1, help="Show so many of the newest versions.")] = 3,
    debug: Debug = False,
) -> None:
    """Show champion, challenger and the last versions side by side, each beside the champion."""
    with _court(task, debug) as court:
        from seqops.registry.compare import line_up

        try:
            present = court.present()
        except BadData as error:
            out.print(f"No differences to the champion: {error}", markup=False, highlight=False)
            present = None
        client, name = court.succession.client, court.succession.model
        line = line_up(client, name, last, present, court.rule.chance)
        out.print(_scores(name, line), _made(line), sep="\n")


def history(task: OneTask, debug: Debug = False) -> None:
    """List every decision about the champion of a task: when, what, why and by whom."""
    with plainly(debug):
        from seqops.runtime.journal import Ledger

        store = Store.find()
        model = Params.load(store.params).task(task).data.registered_name
        entries = [e for e in Ledger.of(store).entries() if e.get("task") == task]
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
    with _court(task, debug) as court:
        from seqops.registry.champion import Decision

        court.succession.settle()
        champion = court.succession.champion()
        opinion, numbers = _opinion(court, version, champion)
        if champion == version:
            out.print(f"version {version} of {court.succession.model} is the champion already.")
            return
        out.print(opinion, markup=False, highlight=False)
        if not yes:
            _confirmed(f"Make version {version} champion in the place of {champion or 'none'}?")
        reason = f"by hand; {opinion}"
        decision = Decision("promoted", version, "person", champion, version, reason, numbers)
        out.print(court.succession.promote(decision).said(), markup=False, highlight=False)


def rollback(task: OneTask, debug: Debug = False) -> None:
    """Put the former champion back; the rule will not promote again the version that this takes down."""
    with _court(task, debug) as court:
        out.print(court.succession.roll_back().said(), markup=False, highlight=False)


def publish(task: OneTask, debug: Debug = False) -> None:
    """Register the artefacts on disk again, for example after the tracking store was lost."""
    with _court(task, debug) as court:
        from seqops.registry import publish
        from seqops.tracking.fingerprint import Identity

        identity = Identity.of(court.store, court.task)
        decision = publish.publish(court.store, court.task, identity, court.rule)
        out.print(decision.said(), markup=False, highlight=False)


def _opinion(court: Court, version: str, champion: str | None) -> tuple[str, dict[str, Any]]:
    """Say what the rule would do, and show by which numbers. Raises SeqopsError for an unknown version."""
    from seqops.registry import versions
    from seqops.registry.assess import judge

    client, name = court.succession.client, court.succession.model
    found = versions.version(client, name, version)
    try:
        judged = judge(client, court.present(), found, champion, court.rule)
    except SeqopsError as error:
        return f"the rule has no opinion: {error}", {}
    if judged.comparison is not None:
        out.print(_difference(judged.comparison, version, str(champion)))
    return _words(judged), {**judged.numbers, "opinion": judged.opinion.promote}


def _words(judged: Judgement) -> str:
    would = "would promote it" if judged.opinion.promote else "would not promote it"
    return f"the rule {would}: {judged.opinion.reason}"


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
    table.add_row("all", _range(whole.as_json()), f"{whole.p:.3g}", "")
    for part in comparison.slices:
        name, p = escape(f"{part.name} ({part.rows})"), part.difference.p
        table.add_row(name, _range(part.difference.as_json()), f"{p:.3g}", f"{part.worse:.3g}")
    return table


def _scores(name: str, line: list[Candidate]) -> Table:
    table = Table(title=f"Versions of {name}")
    table.add_column("score on the test rows")
    for candidate in line:
        table.add_column(" ".join([f"v{candidate.version}", *candidate.titles]))
    known = [candidate.metrics for candidate in line if candidate.metrics is not None]
    metrics = dict.fromkeys(metric for found in known for metric in (found["goal"], *found["model"]))
    for metric in metrics:
        table.add_row(metric, *(_score(candidate, metric) for candidate in line))
    table.add_row("better than the champion by", *(escape(candidate.better) for candidate in line))
    return table


def _score(candidate: Candidate, metric: str) -> str:
    if candidate.metrics is None:
        return "lost"
    return _range(candidate.metrics["model"].get(metric))


def _made(line: list[Candidate]) -> Table | str:
    from seqops.registry.compare import differing

    rows = differing(line)
    if not rows:
        return "Params and data are the same."
    table = Table(title="What differs")
    table.add_column("key")
    for candidate in line:
        table.add_column(f"v{candidate.version}")
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
