"""Tune one task: search, repeat the best, write the winner into params.yaml, record it all."""

from __future__ import annotations

import difflib
import os
import time
from dataclasses import dataclass
from typing import Any

from optuna.trial import TrialState
from rich.table import Table

from seqops.core.errors import SeqopsError
from seqops.core.files import write_bytes
from seqops.core.project import Store
from seqops.params import Params
from seqops.runtime.console import err, out
from seqops.tuning.finalists import Candidate, candidates, queue_repeats, repeat, repeats_of, scored, winner
from seqops.tuning.progress import board
from seqops.tuning.report import write_page
from seqops.tuning.session import Session, storage_url, words
from seqops.tuning.storage import storing
from seqops.tuning.study import counts
from seqops.tuning.trial_numbers import WHY
from seqops.tuning.trials import queue_present, search
from seqops.tuning.workers import Job, divide_cores, helped
from seqops.tuning.yaml_edit import edited


@dataclass(frozen=True)
class Settings:
    """How one run of `seqops tune` goes about it.

    trials: of the study, over all runs (None: as params.yaml says); timeout: seconds after which no trial
    is begun; jobs: processes; storage: an SQLAlchemy URL (None: the project's own).
    """

    trials: int | None = None
    timeout: float | None = None
    jobs: int = 1
    dry_run: bool = False
    storage: str | None = None


def tune(store: Store, name: str, settings: Settings) -> None:
    """Tune one task. Raises SeqopsError where the space, the data or the storage is not usable."""
    url = storage_url(store, settings.storage)
    with storing(url):
        divide_cores(settings.jobs)
        session = Session.open(store, name, url)
        trials_an_hour = _search(session, settings)
        tried = _repeat(session, settings)
        best = winner(tried, session.tuning.seeds, session.sign)
        _record(session, tried, best, trials_an_hour)
    out.print(_table(session, tried, best))
    _write(session, best, settings.dry_run)


def _search(session: Session, settings: Settings) -> float:
    """Run the trials; return how many were finished in an hour."""
    total = settings.trials or session.tuning.trials
    deadline = time.time() + settings.timeout if settings.timeout is not None else None
    goal, name = session.task.metrics().goal.metric, session.task.name
    before, started = counts(session.study).finished, time.monotonic()
    queue_present(session)
    with (
        board(err, f"trials of {name}", session.study, goal, total) as shown,
        helped(_job(session, settings, False, total, deadline)),
    ):
        search(session, total, shown.look, deadline)
        shown.look()
    now = counts(session.study)
    if now.finished < total:
        err.print(f"{now.finished} of {total} trials are finished. The same command goes on with the rest.")
    if not now.complete:
        raise SeqopsError(
            f"no trial of {name} is complete ({now.pruned} pruned, {now.failed} failed). "
            f"Run more, or mend tasks.{name}.search; `make ui` shows why each trial failed."
        )
    return (now.finished - before) / max(time.monotonic() - started, 1e-9) * 3600


def _repeat(session: Session, settings: Settings) -> list[Candidate]:
    # chosen once: another run may go on with the study meanwhile, and find better trials
    study, chosen = repeats_of(session), candidates(session)
    goal = session.task.metrics().goal.metric
    while counts(study).finished < (total := queue_repeats(session, study, chosen)):
        with (
            board(err, "the best and the present values again", study, goal, total) as shown,
            helped(_job(session, settings, True, total, None)),
        ):
            repeat(session, study, total, shown.look)
            shown.look()
    return [scored(candidate, study) for candidate in chosen]


def _job(session: Session, settings: Settings, repeats: bool, total: int, deadline: float | None) -> Job:
    root, name = session.store.root, session.task.name
    url, study = session.url, session.study.study_name
    return Job(root, name, url, study, repeats, total, deadline, settings.jobs, os.getpid())


def saved_by_pruning(session: Session) -> float:
    """Return the share of the trials' epochs that pruning spared."""
    epochs = session.task.recipe.total_epochs()
    trials = session.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
    spared = [epochs - max(t.intermediate_values) for t in trials if t.state == TrialState.PRUNED]
    return sum(spared) / (epochs * len(trials)) if trials else 0.0


def _record(session: Session, tried: list[Candidate], best: Candidate, trials_an_hour: float) -> None:
    """Put the figures and the page to the parent run, and right the runs of trials that died."""
    now = counts(session.study)
    metrics = {
        "trials/complete": now.complete,
        "trials/pruned": now.pruned,
        "trials/failed": now.failed,
        "trials/an_hour": trials_an_hour,
        "trials/saved_by_pruning": saved_by_pruning(session),
        "validation/best": session.study.best_value,
    }
    means = {"validation/present_mean": tried[0].mean, "validation/winner_mean": best.mean}
    metrics |= {key: value for key, value in means.items() if value is not None}
    for kind, study in (("trial", session.study), ("repeat", repeats_of(session))):
        failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
        session.runs.settle(kind, {trial.number for trial in failed if WHY not in trial.user_attrs})
    page = session.store.state / "tune" / session.study.study_name / "study.html"
    write_page(session.study, page)
    session.runs.close(metrics, page)
    err.print(f"pictures: {page.relative_to(session.store.root)}", highlight=False)


def _table(session: Session, tried: list[Candidate], best: Candidate) -> Table:
    goal = session.task.metrics().goal.metric
    table = Table(title=f"Validation {goal} over {session.tuning.seeds} other seeds")
    for column in ("", "values", "in its trial", "mean", "spread", ""):
        table.add_column(column)
    for candidate in tried:
        numbers = (candidate.first, candidate.mean, candidate.spread if candidate.scores else None)
        shown = ["" if number is None else f"{number:.4f}" for number in numbers]
        table.add_row(candidate.label, words(candidate.values), *shown, "winner" if candidate is best else "")
    return table


def _write(session: Session, best: Candidate, dry_run: bool) -> None:
    """Edit params.yaml in place, and print what has changed."""
    name, path = session.task.name, session.store.params
    if best.values == session.present:
        out.print(f"params.yaml stays as it is: nothing beat the present values of {name} by more than luck.")
        return
    params = Params.load(path)
    before = path.read_text("utf-8")
    after = edited(params, _named(name, best.values))
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "params.yaml", "params.yaml", lineterm="", n=0
    )
    out.print("\n".join(lines), markup=False, highlight=False)
    if dry_run:
        out.print("Only shown, because of --dry-run.")
        return
    write_bytes(path, after.encode("utf-8"))
    out.print(f"Written. `dvc repro evaluate@{name}` trains with these values.")


def _named(name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {f"tasks.{name}.{key}": value for key, value in values.items()}
