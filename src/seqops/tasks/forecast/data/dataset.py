"""Dataset of the forecasting task: series in time order to windows at forecast origins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Positive, PositiveFloat
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Expectation
from seqops.preprocessing.csv_table import require_columns
from seqops.preprocessing.number_format import Decimal, NumberFormat, Thousands
from seqops.tasks.forecast.data import sample
from seqops.tasks.forecast.data.checks import backwards, expectations, with_checked_columns
from seqops.tasks.forecast.data.cycles import misfits
from seqops.tasks.forecast.data.derived import LENGTHS, PositiveOrAuto, derived
from seqops.tasks.forecast.data.encoding import Encoder, SeriesTable, TrainingRows
from seqops.tasks.forecast.data.frequency import FrequencyName, looks
from seqops.tasks.forecast.data.gaps import Gaps, missing_values
from seqops.tasks.forecast.data.lengths import Lengths, Short
from seqops.tasks.forecast.data.model_settings import check_model, check_scaling
from seqops.tasks.forecast.data.origins import (
    Calendar,
    WindowSpec,
    calendar_size,
    origins_by_split,
    split_by_time,
)
from seqops.tasks.forecast.data.pretrained import weights_of, with_pretrained
from seqops.tasks.forecast.data.reader import SeriesFormat, figure_columns, read_files
from seqops.tasks.forecast.data.ready_made import file_named, systems_of, with_ready_made
from seqops.tasks.forecast.data.scaling import Scaling
from seqops.tasks.forecast.data.shortfalls import shortfalls
from seqops.tasks.forecast.data.stamps import DateOrder, TimeZone, zone_of_ordinals

GENERATED: dict[str, Callable[[], Mapping[str, bytes]]] = {"sine": sample.sine}


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """A series in time order: train, then validation, then test; forecasts from rolling origins.

    A file whose name ends in `-test` is a test series as a whole. Each forecast origin sees every row before
    it and nothing after it. The first test origin, where all of `horizon` is known, gives the one long
    forecast; the first `backtest_horizon` steps of all test origins are the rolling backtest, which leaves
    out targets past the end of the series.

    Attributes
    ----------
    series
        Column that names the series of each row; empty: one series per file. With it, one model is fitted to
        all series, each with its own scale.
    short
        A series with fewer training rows than `window` and one: `refuse` it, or `pad` windows that begin
        before it; a season and two rows are always needed before an origin.
    date
        Column of the dates; empty: the first column.
    values
        Columns to forecast; empty: every column that is none of the others named here.
    covariates
        Columns that help the forecast; beyond the origin they keep their last value.
    static
        Columns of text that tell kinds of series apart, such as a region.
    frequency
        Period between two rows: `year`, `quarter`, `month`, `week`, `business-day`, `day`, `hour`, `minute`,
        `second` or a multiple such as `30 minutes`; `auto`: inferred; `position`: numbers by equal steps, or
        dates whose rows are taken as they follow each other.
    time_zone
        Zone of times without an offset to UTC, such as `Europe/Berlin`; empty: they are taken as they are.
    date_order
        What 01/02/2024 begins with in all files: `day-month`, `month-day`; `auto`: as it shows, else refused.
    decimal
        Decimal sign; `auto`: a point, and figures such as 1.009 that may be thousands are refused.
    thousands
        Sign between thousands; empty: none.
    gaps
        What to do with missing rows and values: `refuse`; `nan`: leave them open; `interpolate` or `forward`:
        fill the past before each origin from that past alone. They are never trained towards or scored.
    season
        Rows in one season, as 12 for monthly rows; also the lag of the naive forecast that scales the MASE.
        It, `window`, the horizons, `validation` and `test` may be `auto`: derived from frequency and rows.
    seasons
        Seasons whose Fourier terms are inputs, in rows: such as [24, 168], or 365.25 without a long window.
    harmonics
        Fourier terms of each of these: sine and cosine of its first harmonics.
    window
        Rows before the origin that the network reads.
    horizon
        Rows that are forecast from one origin.
    backtest_horizon
        Leading steps of each forecast that the rolling backtest scores; `horizon` if that is smaller.
    origin_step
        Rows between two test origins.
    validation
        Rows before the test rows, for early stopping.
    test
        Last rows of each series, for testing; unused if there is a `-test` file.
    max_history
        Most recent rows before a validation or test origin that a baseline is fitted to; at least `window`.
    baselines
        Source file with forecasts of other systems from the first test origin, as baselines: a row for each
        `method` and `series`, with the steps `h1`, `h2` ...; empty: none.
    pretrained
        Source file with the weights of an earlier fit, from which this one starts; empty: none.
    log
        Whether to model the logarithm of the values; they must be above 0.
    scaling
        Scaling learnt from training rows: `standard` (mean 0, deviation 1), `minmax` (0 to 1) or `none`;
        or `window`: each window by its own level and changes, as series of different sizes need.
    calendar
        Cycles given to the network as sine and cosine of each step: `season`, `month`, `weekday`, `hour`.
    min_value
        Smallest value that validation accepts; null: no bound.
    max_value
        Largest value that validation accepts; null: no bound.
    """

    series: str
    short: Short
    date: str
    values: tuple[str, ...]
    covariates: tuple[str, ...]
    static: tuple[str, ...]
    frequency: FrequencyName
    time_zone: TimeZone
    date_order: DateOrder
    decimal: Decimal
    thousands: Thousands
    gaps: Gaps
    season: PositiveOrAuto
    seasons: tuple[PositiveFloat, ...]
    harmonics: Count
    window: PositiveOrAuto
    horizon: PositiveOrAuto
    backtest_horizon: PositiveOrAuto
    origin_step: Positive
    validation: PositiveOrAuto
    test: PositiveOrAuto
    max_history: Positive
    baselines: str
    pretrained: str
    log: bool
    scaling: Scaling
    calendar: tuple[Calendar, ...]
    min_value: float | None
    max_value: float | None

    registered_name: ClassVar[str] = "lstm-forecaster"
    length_unit: ClassVar[str] = "windows"

    def __post_init__(self) -> None:
        if self.thousands and self.thousands == self.decimal:
            raise ConfigError("data.decimal and data.thousands are the same sign. Change one of them.")
        check_scaling(self.series, self.pretrained, self.scaling)

    def sample(self) -> Mapping[str, bytes]:
        """Return the 144 monthly airline passengers (facts, so free of copyright)."""
        return sample.airline()

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse CSV files to one row per series and step: `value.*`, `covariate.*`, `forecast.*` last."""
        table = read_files(
            [path for path in raw if path.name not in (self.baselines, self.pretrained)],
            self.series_format(self.frequency, self.time_zone),
        )
        if self.baselines:
            forecasts = file_named("data.baselines", self.baselines, raw)
            table = with_ready_made(table, forecasts, self.resolved(table).lengths.test, self.numbers)
        return with_pretrained(table, self.pretrained, raw) if self.pretrained else table

    def series_format(self, frequency: str, time_zone: str) -> SeriesFormat:
        """Return how files and requests are read."""
        columns = self.series, self.date, self.values, self.covariates, self.static
        return SeriesFormat(*columns, frequency, time_zone, self.date_order, self.numbers, self.gaps)

    @property
    def numbers(self) -> NumberFormat:
        """Return how numbers are written in files and requests."""
        return NumberFormat(self.decimal, self.thousands)

    def remarks(self, checked: pd.DataFrame) -> Sequence[str]:
        """Say what was inferred or derived, how many values are missing, and which steps are not learnt."""
        resolved, lengths = self.resolved(checked), [n for n in LENGTHS if getattr(self, n) == "auto"]
        found = [
            looks(self._frequency(checked)) if self.frequency == "auto" else "",
            ", ".join(f"data.{name}: {getattr(resolved, name)} (auto)" for name in lengths),
            backwards(checked),
            missing_values(checked, self.gaps),
            resolved.lengths.unlearnt(checked),
            *misfits(self._frequency(checked), resolved.lengths),
            *shortfalls(self._frequency(checked), resolved.lengths, checked),
        ]
        return [remark for remark in found if remark]

    def _frequency(self, table: pd.DataFrame) -> str:
        return str(table["frequency"].iloc[0]) if self.frequency == "auto" else self.frequency

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Return the split of each row by its position in its series."""
        lengths = self.resolved(table).lengths
        return split_by_time(table, lengths.validation, lengths.test, self._own_test(table))

    def _own_test(self, table: pd.DataFrame) -> bool:
        """Return whether files hold test series; names in a column say nothing about that."""
        return not self.series and bool(table["series"].str.endswith("-test").any())

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and the columns that the expectations check.

        Raises DataError for a series that is too short for the settings.
        """
        checked = super().with_checked_columns(table)
        self.resolved(table).lengths.check(checked, self._own_test(table))
        return with_checked_columns(checked, self._frequency(table))

    def check_model(self, model: Mapping[str, Any]) -> None:
        """Raise ConfigError for model settings that the series, the lengths or the scaling rule out."""
        check_model(model, bool(self.series), self.scaling, self.window, self.season, self.horizon)

    def resolved(self, table: pd.DataFrame) -> Self:
        """Derive what is `auto` from the median series of a panel, else from the shortest training series."""
        given = {name: getattr(self, name) for name in LENGTHS}
        if "auto" not in given.values():
            return self
        sizes = table.groupby("series", sort=False).size()
        if self._own_test(table):
            sizes = sizes[~sizes.index.str.endswith("-test")]
        rows = int(sizes.median() if self.series else sizes.min()) if len(sizes) else 0
        numbers: dict[str, Any] = derived(given, self._frequency(table), rows, bool(self.series))
        return replace(self, **numbers)

    @property
    def lengths(self) -> Lengths:
        """Return the settings that limit how short a series may be, of a dataset without `auto`."""
        return Lengths.of(vars(self), many=bool(self.series), padded=self.short == "pad")

    def expectations(self) -> Sequence[Expectation]:
        """Expect dates in order, gaps as `data.gaps` allows, values in range and splits in time order."""
        return expectations(self.gaps == "refuse", self.log, self.min_value, self.max_value)

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn scales and the MASE denominator from training rows; the origins only describe the test.

        Raises DataError if the training rows do not cover a season.
        """
        resolved, rows = self.resolved(table), TrainingRows(table[split == "train"], self.static)
        lengths = resolved.lengths
        learnt = rows.learn(lengths.season, lengths.window, self.scaling, self.log)
        parts = origins_by_split(table, split, lengths.min_history, self.origin_step)
        origins = np.concatenate([part.origins for part in parts["test"]])
        return {
            **learnt,
            "window": lengths.window,
            "min_history": lengths.min_history,
            "horizon": lengths.horizon,
            "backtest_horizon": min(int(resolved.backtest_horizon), lengths.horizon),
            "season": lengths.season,
            "seasons": list(self.seasons),
            "frequency": self._frequency(table),
            "time_zone": zone_of_ordinals(self._frequency(table), self.time_zone, table["date"].iloc[0]),
            "log": self.log,
            "calendar_size": calendar_size(self.calendar, self.seasons, self.harmonics, self.gaps),
            "unit": "series" if self.series else "origin",
            "baselines": systems_of(table),
            "pretrained": weights_of(table, self.pretrained),
            "origins": {"first": int(origins.min()), "last": int(origins.max()), "count": len(origins)},
            "first_ordinal": int(table["ordinal"].iloc[0]),
            "first_date": str(table["date"].iloc[0]),
        }

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Cut each series to examples of the columns that the meta names.

        Raises DataError if the table lacks one of them.
        """
        figures = figure_columns(meta["values"], meta["covariates"])
        require_columns(table, figures)
        encoder = Encoder(self.window_spec(meta), self.max_history, bool(self.series), meta)
        series = SeriesTable.of(table, split, figures, meta)
        parts = origins_by_split(table, split, meta["min_history"], self.origin_step)
        splits = encoder.encode(series, parts)
        if not self.series:
            splits["test"].plain("long")[0] = True
        return splits

    def window_spec(self, meta: Meta) -> WindowSpec:
        """Return how examples are cut from a series with the lengths, frequency and zone of the meta."""
        sizes = len(meta["values"]), meta["window"], meta["horizon"], meta["season"]
        cycles = self.calendar, self.seasons, self.harmonics
        return WindowSpec(*sizes, meta["frequency"], *cycles, meta.get("time_zone", ""), self.gaps)
