"""Tables of versions and of decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from seqops.evaluation.formatting import estimate

if TYPE_CHECKING:
    from seqops.registry.compare import VersionSummary
    from seqops.registry.promotion_rule import Comparison
    from seqops.runtime.journal import JournalEntry


def score_tables(name: str, summaries: Sequence[VersionSummary]) -> list[Table]:
    """Return the scores of versions, in a table for each set of test rows that they were published with."""
    groups: dict[str, list[VersionSummary]] = {}
    for summary in summaries:
        groups.setdefault(summary.test_rows, []).append(summary)
    return [_scores(f"Versions of {name} on the test rows {rows}", group) for rows, group in groups.items()]


def decision_table(name: str, entries: Sequence[JournalEntry]) -> Table:
    """Return decisions in a table, with the test rows that scores belong to."""
    table = Table(title=f"Promotion decisions for {name}")
    for column in (
        "time (UTC)",
        "action",
        "version",
        "champion",
        "test rows",
        "score on them (champion's)",
        "comparison",
        "by",
        "reason",
    ):
        table.add_column(column)
    for entry in entries:
        action = entry["action"] if entry["stage"] == "outcome" else f"{entry['action']}, unfinished"
        change = f"{entry['from'] or 'none'} -> {entry['to'] or 'none'}"
        time = entry["time"].removesuffix("+00:00").replace("T", " ")
        numbers = entry["numbers"]
        cells = (
            time,
            action,
            entry["version"],
            change,
            _test_rows(numbers),
            _goal(numbers),
            _comparison(numbers),
            entry["by"],
            entry["reason"],
        )
        table.add_row(*map(escape, cells))
    return table


def differing_values(summaries: Sequence[VersionSummary]) -> Table | str:
    """Return the params and data in which versions differ."""
    from seqops.registry.compare import differing

    rows = differing(summaries)
    if not rows:
        return "Params and data are equal."
    table = Table(title="Differing params and data")
    table.add_column("key")
    for summary in summaries:
        table.add_column(f"v{summary.version}")
    for key, values in rows.items():
        table.add_row(key, *map(escape, values))
    return table


def difference_table(comparison: Comparison, version: str, champion: str) -> Table:
    """Return the difference of a version from the champion, on all rows and on slices."""
    table = Table(title=f"Version {version} compared with version {champion}, by {comparison.metric}")
    for column in ("rows", "improvement", "p (better)", "p (worse, Holm)"):
        table.add_column(column)
    whole = comparison.difference
    table.add_row("all", _range(whole.to_json()), _p(whole.p_better), "")
    for part in comparison.slices:
        name, p = escape(f"{part.name} ({part.rows})"), part.difference.p_better
        table.add_row(name, _range(part.difference.to_json()), _p(p), _p(part.p_worse))
    return table


def _scores(title: str, summaries: Sequence[VersionSummary]) -> Table:
    table = Table(title=title, caption="differences are on the current test rows")
    table.add_column("score on these test rows")
    for summary in summaries:
        table.add_column(" ".join([f"v{summary.version}", *summary.aliases]))
    known = [summary.metrics for summary in summaries if not isinstance(summary.metrics, str)]
    metrics = dict.fromkeys(metric for found in known for metric in (found["goal"], *found["model"]))
    for metric in metrics:
        table.add_row(metric, *(_score(summary, metric) for summary in summaries))
    table.add_row(
        "difference from the champion",
        *(escape(summary.difference) for summary in summaries),
    )
    return table


def _score(summary: VersionSummary, metric: str) -> str:
    if isinstance(summary.metrics, str):
        return summary.metrics
    return _range(summary.metrics["model"].get(metric))


def _test_rows(numbers: Mapping[str, Any]) -> str:
    """Format the number of compared rows and the digest that tells whether they are the same."""
    from seqops.registry.comparison_history import TEST_ROWS, RowSketch

    return RowSketch.read(numbers[TEST_ROWS]).label() if TEST_ROWS in numbers else ""


def _goal(numbers: Mapping[str, Any]) -> str:
    if "difference" not in numbers:
        return ""
    values = (numbers["ours"], numbers["champion"])
    ours, theirs = ("undefined" if value is None else f"{value:.4g}" for value in values)
    return f"{ours} ({theirs})"


def _comparison(numbers: Mapping[str, Any]) -> str:
    """Format which comparison on its test rows it was, and at which level."""
    if "comparison_number" not in numbers:
        return ""
    return f"{numbers['comparison_number']}, p < {numbers['level']:.3g}"


def _p(p: float | None) -> str:
    return "none" if p is None else f"{p:.3g}"


def _range(score: Mapping[str, Any] | None) -> str:
    return escape(estimate(score))
