"""The progress display of a study: a bar with the best score so far, and a line for each finished trial."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from seqops.tuning.storage import LABEL
from seqops.tuning.study import counts
from seqops.tuning.trial_numbers import WHY

ENDED = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


class TrialProgress:
    """Displays the state of one study, read from its storage at each refresh."""

    def __init__(self, bars: Progress, study: optuna.Study, goal: str, total: int) -> None:
        self._bars, self._study, self._goal, self._total = bars, study, goal, total
        self._before = counts(study).finished
        self._reported = {t.number for t in study.get_trials(deepcopy=False) if t.state.is_finished()}
        self._started = time.monotonic()
        self._bar: TaskID = bars.add_task("", total=total, completed=self._before, note="")

    def refresh(self) -> None:
        """Print the trials that have ended, in any process, and update the bar."""
        for trial in self._study.get_trials(deepcopy=False):
            if trial.state.is_finished() and trial.number not in self._reported:
                self._reported.add(trial.number)
                if trial.state != TrialState.FAIL or WHY in trial.user_attrs:
                    self._bars.console.print(self._line(trial), highlight=False, markup=False)
        self._bars.update(self._bar, completed=counts(self._study).finished, note=self._note())

    def _line(self, trial: FrozenTrial) -> str:
        score = trial.value if trial.state == TrialState.COMPLETE else _last(trial)
        shown = f"{self._goal} {score:.4f}" if score is not None else trial.user_attrs.get(WHY, "no score")
        seconds = trial.duration.total_seconds() if trial.duration else 0.0
        line = f"{ENDED[trial.state]}  {shown}  {seconds:.0f} s"
        if LABEL in trial.user_attrs:
            return f"{trial.user_attrs[LABEL]}  {line}"
        values = ", ".join(f"{key} {_short(value)}" for key, value in trial.params.items())
        return f"trial {trial.number}  {line}  {values}"

    def _note(self) -> str:
        now = counts(self._study)
        parts = [f"{now.pruned} pruned"] if now.pruned else []
        parts += [f"{now.failed} failed"] if now.failed else []
        if now.complete:
            best = self._study.best_trial
            parts.insert(0, f"best {self._goal} {best.value:.4f} (trial {best.number})")
        done, left = now.finished - self._before, self._total - now.finished
        if done and left > 0:
            parts.append(f"about {(time.monotonic() - self._started) / done * left / 60:.0f} min left")
        return ", ".join(parts)


def _last(trial: FrozenTrial) -> float | None:
    steps = trial.intermediate_values
    return steps[max(steps)] if steps else None


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@contextmanager
def trial_progress(
    console: Console, title: str, study: optuna.Study, goal: str, total: int
) -> Iterator[TrialProgress]:
    """Show the progress on a console; if it is not a terminal, only print a line for each trial."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=console, transient=True) as bars:
        yield TrialProgress(bars, study, goal, total)
