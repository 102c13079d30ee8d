"""Tuning of one task: search, repeat the best trials, write the winner into params.yaml, record the study."""

from __future__ import annotations

import difflib
import os
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from optuna.trial import TrialState
from rich.table import Table

from seqops.core.errors import SeqopsError
from seqops.core.files import write_bytes
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import err, out
from seqops.runtime.dvc_lock import kept_from_stages
from seqops.tuning.finalists import (
    Finalist,
    compared,
    finalists,
    queue_repeats,
    repeat,
    repeats_of,
    scored,
    select_winner,
)
from seqops.tuning.progress import trial_progress
from seqops.tuning.report import write_page
from seqops.tuning.session import Session, storage_url
from seqops.tuning.storage import translate_storage_errors
from seqops.tuning.study import counts
from seqops.tuning.summary import Summary, summarize
from seqops.tuning.trial_numbers import WHY
from seqops.tuning.trials import queue_current_values, search
from seqops.tuning.workers import WorkerJob, divide_cores, worker_processes
from seqops.tuning.yaml_edit import edited


@dataclass(frozen=True)
class TuneOptions:
    """Options of `seqops tune`.

    trials: total of the study, over all runs (None: `tuning.trials`); timeout: seconds after which no trial
    is started; jobs: processes; dry_run: leave params.yaml as it is; storage: an SQLAlchemy URL (None: the
    project's own).
    """

    trials: int | None = None
    timeout: float | None = None
    jobs: int = 1
    dry_run: bool = False
    storage: str | None = None


def tune(project: Project, name: str, settings: TuneOptions) -> None:
    """Tune one task. Raises SeqopsError if the search space, the data or the storage cannot be used."""
    url = storage_url(project, settings.storage)
    with translate_storage_errors(url):
        divide_cores(settings.jobs)
        session = Session.open(project, name, url)
        err.print(session.holdout.described(session.task.fit_config.validation_rows), highlight=False)
        trials_an_hour = _search(session, settings)
        tried = _repeat(session, settings)
        best = select_winner(tried)
        summary = summarize(session, tried)
        _log_results(session, tried, best, summary, trials_an_hour)
    out.print(_table(summary))
    _write(session, best, summary, settings.dry_run)


def _search(session: Session, settings: TuneOptions) -> float:
    """Run the trials; return the number finished per hour."""
    total = settings.trials or session.tuning.trials
    deadline = time.monotonic() + settings.timeout if settings.timeout is not None else None
    goal, name = session.task.metrics().goal.metric, session.task.name
    before, started = counts(session.study).finished, time.monotonic()
    queue_current_values(session)
    with (
        trial_progress(err, f"trials of {name}", session.study, goal, total) as progress,
        worker_processes(_job(session, settings, False, total, deadline)),
    ):
        search(session, total, progress.refresh, deadline)
        progress.refresh()
    now = counts(session.study)
    if now.finished < total:
        err.print(f"{now.finished} of {total} trials are finished. Run the same command again for the rest.")
    if not now.complete:
        raise SeqopsError(
            f"no trial of {name} is complete ({now.pruned} pruned, {now.failed} failed). "
            f"Run more, or fix tasks.{name}.search; `make ui` shows why each trial failed."
        )
    return (now.finished - before) / max(time.monotonic() - started, 1e-9) * 3600


def _repeat(session: Session, settings: TuneOptions) -> list[Finalist]:
    # chosen once: meanwhile another process may resume the study and find better trials
    study, chosen = repeats_of(session), finalists(session)
    goal = session.task.metrics().goal.metric
    while counts(study).finished < (total := queue_repeats(session, study, chosen)):
        with (
            trial_progress(err, "repeats of the finalists", study, goal, total) as progress,
            worker_processes(_job(session, settings, True, total, None)),
        ):
            repeat(session, study, total, progress.refresh)
            progress.refresh()
    return compared(session, [scored(session, study, finalist) for finalist in chosen])


def _job(
    session: Session, settings: TuneOptions, repeats: bool, total: int, deadline: float | None
) -> WorkerJob:
    root, name = session.project.root, session.task.name
    url, study = session.url, session.study.study_name
    return WorkerJob(root, name, url, study, repeats, total, deadline, settings.jobs, os.getpid())


def saved_by_pruning(session: Session) -> float:
    """Return the share of the epochs of all trials that pruning saved."""
    epochs = session.task.fit_config.total_epochs()
    trials = session.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
    saved = [epochs - max(t.intermediate_values) for t in trials if t.state == TrialState.PRUNED]
    return sum(saved) / (epochs * len(trials)) if trials else 0.0


def _log_results(
    session: Session, tried: list[Finalist], best: Finalist, summary: Summary, trials_an_hour: float
) -> None:
    """Log metrics and page to the parent run, and mark the runs of trials that died."""
    now = counts(session.study)
    metrics = {
        "trials/complete": now.complete,
        "trials/pruned": now.pruned,
        "trials/failed": now.failed,
        "trials/an_hour": trials_an_hour,
        "trials/saved_by_pruning": saved_by_pruning(session),
        "validation/best": session.study.best_value,
    }
    means = {"validation/current_mean": tried[0].mean, "validation/winner_mean": best.mean}
    metrics |= {key: value for key, value in means.items() if value is not None}
    for kind, study in (("trial", session.study), ("repeat", repeats_of(session))):
        failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
        session.runs.mark_died(kind, {trial.number for trial in failed if WHY not in trial.user_attrs})
    page = session.project.state / "tune" / session.study.study_name / "study.html"
    write_page(session.study, page, summary)
    session.runs.close(metrics, page)
    err.print(f"report: {page.relative_to(session.project.root)}", highlight=False)


def _table(summary: Summary) -> Table:
    table = Table(title=summary.title, caption=summary.rows_used, caption_justify="left")
    for column in summary.head:
        table.add_column(column)
    for row in summary.table:
        table.add_row(*row)
    return table


def _write(session: Session, best: Finalist, summary: Summary, dry_run: bool) -> None:
    """Edit params.yaml in place, and print the diff."""
    name, path = session.task.name, session.project.params
    if best.values == session.current_values:
        out.print(f"params.yaml is unchanged: {summary.outcome}")
        return
    # not while a stage runs that reads it, or another study writes it
    alone = kept_from_stages(session.project, [path], f"seqops tune {name}")
    with nullcontext() if dry_run else alone:
        before, params = path.read_text("utf-8"), Params.load(path)
        after = edited(params, _named(name, best.values))
        if not dry_run:
            write_bytes(path, after.encode("utf-8"))
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "params.yaml", "params.yaml", lineterm="", n=0
    )
    out.print("\n".join(lines), markup=False, highlight=False)
    if dry_run:
        out.print("Dry run: params.yaml is unchanged.")
        return
    out.print(f"Wrote params.yaml. Run `dvc repro evaluate@{name}` to train with these values.")


def _named(name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {f"tasks.{name}.{key}": value for key, value in values.items()}
