"""Examples at forecast origins: the history before each origin, its calendar, and the values after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Array, Ragged, Split
from seqops.preprocessing.row_keys import key_hashes
from seqops.tasks.forecast.data.reader import PERIOD, Frequency

Calendar = Literal["season", "month", "weekday", "hour"]
CYCLE = {"month": 12, "weekday": 7, "hour": 24}
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Series:
    """One series: numbers (T, V + C), value columns first, and the ordinal of each row (T,)."""

    figures: npt.NDArray[np.float64]
    ordinals: Integers

    def __len__(self) -> int:
        return len(self.figures)


def extract_series(table: pd.DataFrame, figures: Sequence[str]) -> Series:
    """Return the named columns of the rows of one series."""
    return Series(table[list(figures)].to_numpy(np.float64), table["ordinal"].to_numpy(np.int64))


@dataclass(frozen=True)
class SplitOrigins:
    """The origins of one split in one series.

    rows: (T,) rows of the table that form the series; origins: (n,) positions in it; end: where targets stop.
    """

    rows: npt.NDArray[np.intp]
    origins: Integers
    end: int


def split_origins(
    rows: npt.NDArray[np.intp], inside: npt.NDArray[np.bool_], window: int, step: int
) -> list[SplitOrigins]:
    """Place origins `step` apart in a split's rows, each with a window before it: one element or none."""
    positions = np.flatnonzero(inside)
    if not len(positions):
        return []
    end = int(positions[-1]) + 1
    origins = np.arange(max(int(positions[0]), window), end, step, dtype=np.int64)
    return [SplitOrigins(rows, origins, end)] if len(origins) else []


@dataclass(frozen=True)
class WindowSpec:
    """How a series is cut to examples."""

    values: int
    window: int
    horizon: int
    season: int
    frequency: Frequency
    calendar: tuple[Calendar, ...]

    def examples(self, series: Series, origins: Integers, end: int, max_history: int) -> Split:
        """Cut examples whose targets stop before row `end` (NaN beyond it).

        history: ragged (<= max_history, V + C), the rows before the origin; targets: (n, H, V);
        calendar: (n, W + H, K); origin: (n,) rows known; long: (n,) whether the whole horizon is scored.
        """
        targets = np.full((len(origins), self.horizon, self.values), np.nan)
        for row, origin in enumerate(origins):
            known = series.figures[origin : min(origin + self.horizon, end), : self.values]
            targets[row, : len(known)] = known
        history = Ragged.from_rows((series.figures[max(0, t - max_history) : t] for t in origins), np.float64)
        return Split(
            {
                "history": history,
                "targets": targets,
                "calendar": self._calendar(series.ordinals[origins - 1] + 1),
                "origin": np.asarray(origins, np.int64),
                "long": np.zeros(len(origins), np.bool_),
            }
        )

    def _calendar(self, first: Integers) -> npt.NDArray[np.float32]:
        """Encode the phase of each step in each cycle as sine and cosine: (n, W + H, 2 x cycles)."""
        steps = first[:, None] + np.arange(-self.window, self.horizon)
        angles = [2 * np.pi * phase(steps, name, self.season, self.frequency) for name in self.calendar]
        circle = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        empty = np.zeros((*steps.shape, 0))
        return np.stack(circle, axis=-1).astype(np.float32) if circle else empty.astype(np.float32)


def phase(ordinals: Integers, name: Calendar, season: int, frequency: Frequency) -> Array:
    """Return how far each step is through the cycle, 0 to 1."""
    if name == "season" or frequency == "position":
        return ordinals % season / season
    periods = pd.PeriodIndex.from_ordinals(ordinals.ravel(), freq=PERIOD[frequency])  # type: ignore[attr-defined]
    # months count from 1: the constant shift of phase makes no difference to a network
    return (np.asarray(getattr(periods, name)) / CYCLE[name]).reshape(ordinals.shape)


def target_keys(series: str, known: Series, origins: Integers, end: int, steps: int) -> Ragged:
    """Return the keys of the first `steps` targets of each origin, none from row `end` on.

    A target is identified by series and date, and by date and numbers, should the series have another name.
    """
    rows = zip(known.ordinals, known.figures, strict=True)
    numbered = key_hashes(f"{date}\n".encode() + row.tobytes() for date, row in rows)
    named = key_hashes(f"{series}\n{date}" for date in known.ordinals)
    both = np.stack([named, numbered], axis=1)
    return Ragged.from_rows((both[t : min(t + steps, end)].ravel() for t in origins), np.uint64)


def concatenate(parts: Sequence[Split]) -> Split:
    """Concatenate splits of the same columns."""
    columns: dict[str, Ragged | Array] = {}
    for name, column in parts[0].columns.items():
        if isinstance(column, Ragged):
            rows = [part.ragged(name)[i] for part in parts for i in range(len(part))]
            columns[name] = Ragged.from_rows(rows, column.values.dtype)
        else:
            columns[name] = np.concatenate([part.plain(name) for part in parts])
    return Split(columns)
