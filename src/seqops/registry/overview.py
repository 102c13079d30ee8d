"""What the page of registered models shows: the versions of each, their scores, and who was champion when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import mlflow
from mlflow.entities.model_registry import ModelVersion

from seqops.core.redaction import redact
from seqops.evaluation.evaluate import EvaluationResult
from seqops.evaluation.formatting import estimate, number
from seqops.evaluation.headline import headline
from seqops.evaluation.score_table import Whisker, whisker
from seqops.registry import versions
from seqops.registry.compare import VersionSummary
from seqops.registry.tags import DECISION, REASON, ROWS, SOURCE, tags_of
from seqops.runtime.journal import JournalEntry
from seqops.tracking.connection import translate_store_errors


@dataclass(frozen=True)
class Reign:
    """The time in which a version was champion; end: None if it still is."""

    version: str
    start: datetime
    end: datetime | None
    left: float = 0.0
    width: float = 100.0

    def summary(self) -> str:
        """Say from when to when."""
        began = f"{self.start:%Y-%m-%d %H:%M}"
        return f"since {began}" if self.end is None else f"{began} to {self.end:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class VersionRow:
    """One version; goal: the stored score, None if it is missing or altered; report: where its report is."""

    version: str
    aliases: Sequence[str]
    registered: datetime
    source: str
    rows: str
    test_rows: str
    metric: str
    goal: Mapping[str, Any] | None
    score: str
    whisker: Whisker | None
    baseline: str
    verdict: str
    seeds: int
    decision: str
    reigns: Sequence[Reign]
    card: str
    report: str | Path | None


@dataclass(frozen=True)
class ModelOverview:
    """A registered model: its reigns, oldest first, and its versions by their test rows, the newest first."""

    name: str
    task: str
    purpose: str
    reigns: Sequence[Reign]
    groups: Sequence[Sequence[VersionRow]]


def overview_of(
    client: mlflow.MlflowClient,
    task: str,
    name: str,
    summaries: Sequence[VersionSummary],
    decisions: Sequence[JournalEntry],
    alpha: float,
) -> ModelOverview:
    """Return what the page shows of a registered model; decisions: about it, oldest first."""
    with translate_store_errors():
        registered = {str(v.version): v for v in versions.versions(client, name)}
        purpose = client.get_registered_model(name).description or ""
    reigns = reigns_of(decisions, datetime.now(UTC))
    groups: dict[str, list[VersionRow]] = {}
    for summary in summaries:
        row = _row(client, registered[summary.version], summary, reigns, alpha)
        groups.setdefault(row.test_rows, []).append(row)
    return ModelOverview(name, task, purpose, reigns, [_on_one_axis(rows) for rows in groups.values()])


def reigns_of(decisions: Sequence[JournalEntry], now: datetime) -> list[Reign]:
    """Return who was champion when, by the journal: each with its part of the whole time in percent."""
    changes = [
        (datetime.fromisoformat(entry["time"]), entry["to"])
        for entry in decisions
        if entry["stage"] == "outcome" and entry["from"] != entry["to"]
    ]
    if not changes:
        return []
    first, ends = changes[0][0], [*(time for time, _ in changes[1:]), None]
    whole = max(now - first, timedelta(seconds=1))

    def share(time: datetime) -> float:
        return 100 * min(max((time - first) / whole, 0.0), 1.0)  # the clock may have been set back

    return [
        Reign(version, start, end, round(share(start), 2), round(max(share(end or now) - share(start), 0), 2))
        for (start, version), end in zip(changes, ends, strict=True)
        if version is not None
    ]


def _row(
    client: mlflow.MlflowClient,
    version: ModelVersion,
    summary: VersionSummary,
    reigns: Sequence[Reign],
    alpha: float,
) -> VersionRow:
    tags, metrics = tags_of(version), summary.metrics
    found = None if isinstance(metrics, str) else EvaluationResult.read(dict(metrics), alpha)
    short = headline(found) if found else {}
    goal = None if found is None else found.metrics["model"][short["goal"]]
    best = short.get("best_baseline")
    return VersionRow(
        version=summary.version,
        aliases=summary.aliases,
        registered=datetime.now(UTC) - versions.age_of(version),
        source=redact(tags.get(SOURCE, "")),
        rows=tags.get(ROWS, ""),
        test_rows=summary.test_rows,
        metric=short.get("goal", ""),
        goal=goal,
        score=f"scores {metrics}" if isinstance(metrics, str) else estimate(goal),
        whisker=None,
        baseline=f"{best[0]} {number(best[1])}" if best else "",
        verdict=short.get("verdict", ""),
        seeds=short.get("seeds", 0),
        decision=f"{tags[DECISION]}: {tags[REASON]}" if REASON in tags else "",
        reigns=[reign for reign in reigns if reign.version == summary.version],
        card=version.description or "",
        report=_report(client, version),
    )


def _on_one_axis(rows: Sequence[VersionRow]) -> list[VersionRow]:
    """Place the scores of versions on an axis that has all of them."""
    scores = [row.goal for row in rows if row.goal is not None and row.goal["value"] is not None]
    ends = list(_ends(scores))
    axis = min(ends, default=0.0), max(ends, default=0.0)
    return [
        replace(row, whisker=whisker(row.goal, axis))
        if row.goal is not None and row.goal["value"] is not None
        else row
        for row in rows
    ]


def _ends(scores: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    for score in scores:
        yield from (score[end] for end in ("low", "value", "high") if score[end] is not None)


def _report(client: mlflow.MlflowClient, version: ModelVersion) -> str | Path | None:
    """Return the report of the run of a version: a file of the own store, or the page of a server."""
    with translate_store_errors():
        folder = urlsplit(client.get_run(version.run_id).info.artifact_uri)
    if folder.scheme == "file":
        path = Path(unquote(folder.path)) / "report.html"
        return path if path.is_file() else None
    server = mlflow.get_tracking_uri()
    if not server.startswith("http"):
        return None
    return f"{redact(server).rstrip('/')}/#/models/{version.name}/versions/{version.version}"
