"""The progress bar of a fit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from seqops.core.callbacks import GOAL, EpochResult, FitCallback, WholeFit


class ProgressBar:
    """A callback that draws one bar per epoch, and forwards every event to another callback."""

    def __init__(self, bars: Progress, epochs: int, goal: str, unit: str, then: FitCallback) -> None:
        self._bars, self._epochs, self._goal, self._unit, self._then = bars, epochs, goal, unit, then
        self._bar: TaskID | None = None
        self._tokens, self._started = 0, time.monotonic()

    def on_batch_end(self, epoch: int, batch: int, batches: int, tokens: int, loss: float) -> None:
        """Advance the bar by one batch."""
        if batch == 0 or self._bar is None:
            self._remove_bar()
            self._tokens, self._started = 0, time.monotonic()
            self._bar = self._bars.add_task(f"epoch {epoch}/{self._epochs}", total=batches, note="")
        self._tokens += tokens
        rate = self._rate(self._tokens, time.monotonic() - self._started)
        self._bars.update(self._bar, completed=batch + 1, note=f"loss {loss:.4f}  {rate}")
        self._then.on_batch_end(epoch, batch, batches, tokens, loss)

    def on_epoch_end(self, row: EpochResult, seconds: float, tokens: int) -> None:
        """Print the result of the epoch, or the score at a start."""
        self._remove_bar()
        score = self._goal if row.objective == GOAL else row.objective
        at = "fitted as a whole" if isinstance(row, WholeFit) else f"epoch {row.epoch}/{self._epochs}"
        parts = [at, f"validation {score} {row.validation:.4f}"]
        if isinstance(row, WholeFit):
            parts.append(f"{seconds:.1f} s")
        elif row.loss is None:
            parts.append("before training" if row.epoch == 0 else f"before the stages of the {GOAL}")
        else:
            parts.insert(1, f"loss {row.loss:.4f}")
            parts.append(self._rate(tokens, seconds))
        self._bars.console.print("  ".join(parts), highlight=False)
        self._then.on_epoch_end(row, seconds, tokens)

    def _rate(self, tokens: int, seconds: float) -> str:
        return f"{tokens / max(seconds, 1e-9):,.0f} {self._unit}/s"

    def _remove_bar(self) -> None:
        if self._bar is not None:
            self._bars.remove_task(self._bar)
            self._bar = None


@contextmanager
def progress_bar(
    console: Console, epochs: int, goal: str, unit: str, then: FitCallback
) -> Iterator[ProgressBar]:
    """Draw on a console; if it is not a terminal, only one line per epoch is printed.

    unit: what the lengths of examples count.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        yield ProgressBar(bars, epochs, goal, unit, then)
