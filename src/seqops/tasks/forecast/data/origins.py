"""Examples at forecast origins: the history before each origin, its calendar, and the values after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.ragged import Array, Ragged, Slices, Split
from seqops.preprocessing.row_keys import key_hashes
from seqops.preprocessing.splitting import SPLITS
from seqops.tasks.forecast.data.frequency import Frequency
from seqops.tasks.forecast.data.gaps import Gaps, filled

Calendar = Literal["season", "month", "weekday", "hour"]
CYCLE = {"month": 12, "weekday": 7, "hour": 24}
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Series:
    """One series: numbers (T, V + C), value columns first, and the ordinal of each row (T,).

    number: its place among the series of the table.
    """

    figures: npt.NDArray[np.float64]
    ordinals: Integers
    number: int = 0

    def __len__(self) -> int:
        return len(self.figures)


def split_by_time(table: pd.DataFrame, validation: int, test: int, own_test: bool) -> npt.NDArray[np.str_]:
    """Return the split of each row by its place in its series: the last rows test, those before validate.

    own_test: whether all rows of series whose names end in `-test`, and no others, are test rows.
    """
    names = np.full(len(table), "train", dtype="<U10")
    for series, rows in table.groupby("series", sort=False).indices.items():
        if own_test and str(series).endswith("-test"):
            names[rows] = "test"
            continue
        end = max(0, len(rows) - (0 if own_test else test))
        names[rows[max(0, end - validation) : end]] = "validation"
        names[rows[end:]] = "test"
    return names


@dataclass(frozen=True)
class SplitOrigins:
    """The origins of one split in one series.

    number: of the series in the table; rows: (T,) rows of the table that form it; origins: (n,) positions in
    it; start: its first row in the split; end: where targets stop.
    """

    number: int
    rows: npt.NDArray[np.intp]
    origins: Integers
    start: int
    end: int


def split_origins(
    number: int, rows: npt.NDArray[np.intp], inside: npt.NDArray[np.bool_], min_history: int, step: int
) -> list[SplitOrigins]:
    """Place origins `step` apart in a split's rows, after `min_history` rows: one element or none."""
    positions = np.flatnonzero(inside)
    if not len(positions):
        return []
    start, end = int(positions[0]), int(positions[-1]) + 1
    origins = np.arange(max(start, min_history), end, step, dtype=np.int64)
    return [SplitOrigins(number, rows, origins, start, end)] if len(origins) else []


def origins_by_split(
    table: pd.DataFrame, split: npt.NDArray[np.str_], min_history: int, test_step: int
) -> dict[str, list[SplitOrigins]]:
    """Place the origins of each split in each series, one step apart, or `test_step` in the test split.

    Raises DataError if a split has none.
    """
    found: dict[str, list[SplitOrigins]] = {name: [] for name in SPLITS}
    for number, rows in enumerate(table.groupby("series", sort=False).indices.values()):
        for name, parts in found.items():
            step = test_step if name == "test" else 1
            places = np.asarray(rows, np.intp)
            parts += split_origins(number, places, split[rows] == name, min_history, step)
    short = [name for name, parts in found.items() if not parts]
    if short:
        raise DataError(
            f"the series is too short for one {short[0]} example after {min_history} rows. "
            "Give more rows, or lower data.window, data.validation or data.test."
        )
    return found


@dataclass(frozen=True)
class WindowSpec:
    """How a series is cut to examples.

    frequency, time_zone: of the ordinals; seasons, harmonics: of the Fourier terms among the known inputs.
    """

    values: int
    window: int
    horizon: int
    season: int
    frequency: str
    calendar: tuple[Calendar, ...] = ()
    seasons: tuple[float, ...] = ()
    harmonics: int = 0
    time_zone: str = ""
    gaps: Gaps = "refuse"

    def examples(
        self, series: Series, origins: Integers, end: int, max_history: int, shared: bool = False
    ) -> Split:
        """Cut examples whose targets stop before row `end` (NaN beyond it).

        history: ragged (<= max_history, V + C), the rows before the origin, filled from these alone; targets:
        (n, H, V), as observed; calendar: (n, W + H, K); origin: (n,) rows known;
        period: (n,) of the first target; series: (n,) its number;
        long: (n,) whether the whole horizon is scored.

        shared: whether targets and calendar are slices of what all origins share, since as arrays they take
        most of the memory; the calendar is an array wherever it says which values are missing.
        """
        values = series.figures[:end, : self.values]
        targets = slices_ahead if shared else ahead
        share_calendar = shared and self.gaps != "nan"
        return Split(
            {
                "history": self._history(series.figures[:end], origins, max_history),
                "targets": targets(values, origins, self.horizon),
                "calendar": (self._shared_calendar if share_calendar else self._calendar)(series, origins),
                "origin": np.asarray(origins, np.int64),
                "period": series.ordinals[origins - 1] + 1,
                "series": np.full(len(origins), series.number, np.int64),
                "long": np.zeros(len(origins), np.bool_),
            }
        )

    def _history(self, figures: Array, origins: Integers, max_history: int) -> Ragged:
        starts = np.maximum(origins - max_history, 0)
        if self.gaps in ("refuse", "nan") or not np.isnan(figures).any():
            # nothing to fill: all origins share the rows
            return Slices(figures, np.stack([starts, origins], axis=1))
        pasts = (figures[start:t] for start, t in zip(starts, origins, strict=True))
        return Ragged.from_rows((filled(past, self.gaps) for past in pasts), np.float64)

    def _calendar(self, series: Series, origins: Integers) -> npt.NDArray[np.float32]:
        """Encode what is known of each step: (n, W + H, K).

        Sine and cosine of its phase in each cycle and of the harmonics of each season, and, where gaps stay
        open, whether a value of it is missing (0 beyond the origin).
        """
        steps = (series.ordinals[origins - 1] + 1)[:, None] + np.arange(-self.window, self.horizon)
        known = self._waves(steps)
        if self.gaps == "nan":
            missing = np.asarray(np.isnan(series.figures).any(axis=1))
            rows = origins[:, None] + np.arange(-self.window, 0)
            past = missing[np.maximum(rows, 0)] | (rows < 0)
            known.append(np.pad(past.astype(np.float64), ((0, 0), (0, self.horizon))))
        return _columns(known, steps.shape)

    def _shared_calendar(self, series: Series, origins: Integers) -> Slices:
        """Encode what `_calendar` does, each step once: slices of (steps, K)."""
        starts = series.ordinals[origins - 1] + 1 - self.window
        length = self.window + self.horizon
        steps = np.arange(starts[0], starts[-1] + length)
        offsets = (starts - starts[0])[:, None] + np.array([0, length])
        return Slices(_columns(self._waves(steps), steps.shape), offsets.astype(np.int64))

    def _waves(self, ordinals: Integers) -> list[Array]:
        """Return sine and cosine of the phase of each step in each cycle and each harmonic."""
        angles = [2 * np.pi * self._phase(ordinals, name) for name in self.calendar]
        for season in self.seasons:
            angles += fourier_angles(ordinals, season, self.harmonics)
        return [wave(angle) for angle in angles for wave in (np.sin, np.cos)]

    def _phase(self, ordinals: Integers, name: Calendar) -> Array:
        """Return how far each step is through the cycle, 0 to 1."""
        if name == "season" or self.frequency == "position":
            return ordinals % self.season / self.season
        stamps = pd.DatetimeIndex(Frequency.parse(self.frequency).stamps(ordinals.ravel()))
        if self.time_zone:
            stamps = stamps.tz_localize("UTC").tz_convert(self.time_zone)
        # months count from 1: the constant shift of phase makes no difference to a network
        return (np.asarray(getattr(stamps, name)) / CYCLE[name]).reshape(ordinals.shape)


def calendar_size(calendar: Sequence[Calendar], seasons: Sequence[float], harmonics: int, gaps: Gaps) -> int:
    """Return the number of known inputs of each step."""
    terms = sum(n_harmonics(season, harmonics) for season in seasons)
    return 2 * len(calendar) + 2 * terms + (gaps == "nan")


def ahead(figures: Array, origins: Integers, steps: int) -> Array:
    """Return the next `steps` rows at each origin, NaN beyond the last one: (T, D) -> (n, steps, D)."""
    padded = np.concatenate([figures, np.full((steps, figures.shape[1]), np.nan)])
    found: Array = padded[origins[:, None] + np.arange(steps)]
    return found


def slices_ahead(figures: Array, origins: Integers, steps: int) -> Slices:
    """Return what `ahead` does, as slices of the rows from the first origin on."""
    first = int(origins[0])
    padded = np.concatenate([figures[first:], np.full((steps, figures.shape[1]), np.nan)])
    return Slices(padded, (origins - first)[:, None] + np.array([0, steps]))


def _columns(known: Sequence[Array], shape: Sequence[int]) -> npt.NDArray[np.float32]:
    """Stack arrays of a shape along a last axis: (..., K); K may be 0."""
    return np.stack([*known, np.zeros(shape)], axis=-1).astype(np.float32)[..., : len(known)]


def n_harmonics(season: float, most: int) -> int:
    """Return how many harmonics of a season differ on whole steps, at most `most`."""
    return min(most, int(season // 2))


def fourier_angles(steps: npt.NDArray[Any], season: float, most: int) -> list[Array]:
    """Return the angle of each harmonic of a season at each step (Hyndman and Athanasopoulos 2021, 7.4)."""
    return [2 * np.pi * k * (steps % season) / season for k in range(1, n_harmonics(season, most) + 1)]


def target_keys(series: str, known: Series, origins: Integers, end: int, steps: int) -> Ragged:
    """Return the keys of the first `steps` targets of each origin, none from row `end` on.

    A target is identified by series and date, and by date and numbers, should the series have another name.
    A row without any value is no target.
    """
    first = int(origins[0])
    ordinals, figures = known.ordinals[first:end], known.figures[first:end]
    dated = zip(ordinals, figures, strict=True)
    numbered = key_hashes(f"{date}\n".encode() + row.tobytes() for date, row in dated)
    named = key_hashes(f"{series}\n{date}" for date in ordinals)
    both = np.stack([named, numbered], axis=1)
    observed = np.asarray(np.isfinite(figures).any(axis=1))
    rows = (origins - first)[:, None] + np.arange(steps)
    targets = (rows < len(both)) & observed[np.minimum(rows, len(both) - 1)]
    offsets = np.concatenate([[0], np.cumsum(2 * targets.sum(axis=1))]).astype(np.int64)
    return Ragged(both[rows[targets]].ravel(), offsets)
