"""Dataset of the forecasting task: series in time order to windows at forecast origins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Positive
from seqops.core.errors import DataError
from seqops.core.interfaces import Expectation, Meta
from seqops.core.ragged import Split
from seqops.preprocessing.csv_table import concat_tables, require_columns
from seqops.preprocessing.row_keys import KEYS
from seqops.preprocessing.text_file import read_text
from seqops.tasks.forecast.data import sample
from seqops.tasks.forecast.data.checks import expectations, with_checked_columns
from seqops.tasks.forecast.data.origins import (
    Calendar,
    SplitOrigins,
    WindowSpec,
    concatenate,
    extract_series,
    split_origins,
    target_keys,
)
from seqops.tasks.forecast.data.reader import COVARIATE, VALUE, Frequency, figure_columns, parse_series
from seqops.tasks.forecast.data.scaling import Scale, Scaling

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
    date
        Column of the dates; empty: the first column.
    values
        Columns to forecast; empty: every column that is neither the date nor a covariate.
    covariates
        Columns that help the forecast; beyond the origin they keep their last value.
    frequency
        Period between two rows; `position` for rows numbered by equal steps.
    season
        Rows in one season, as 12 for monthly rows; also the lag of the naive forecast that scales the MASE.
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
    log
        Whether to model the logarithm of the values; they must be above 0.
    scaling
        Scaling learnt from training rows: `standard` (mean 0, deviation 1), `minmax` (0 to 1) or `none`.
    calendar
        Cycles given to the network as sine and cosine of each step: `season`, `month`, `weekday`, `hour`.
    min_value
        Smallest value that validation accepts; null: no bound.
    max_value
        Largest value that validation accepts; null: no bound.
    """

    date: str
    values: tuple[str, ...]
    covariates: tuple[str, ...]
    frequency: Frequency
    season: Positive
    window: Positive
    horizon: Positive
    backtest_horizon: Positive
    origin_step: Positive
    validation: Positive
    test: Positive
    max_history: Positive
    log: bool
    scaling: Scaling
    calendar: tuple[Calendar, ...]
    min_value: float | None
    max_value: float | None

    registered_name: ClassVar[str] = "lstm-forecaster"

    def sample(self) -> Mapping[str, bytes]:
        """Return the 144 monthly airline passengers (facts, so free of copyright)."""
        return sample.airline()

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse CSV files to one row per time step, `value.*` and `covariate.*` columns last."""
        tables = [
            parse_series(path, read_text(path), self.date, self.values, self.covariates, self.frequency)
            for path in raw
        ]
        return concat_tables(raw, tables)

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Return the split of each row by its position in its series."""
        names = np.full(len(table), "train", dtype="<U10")
        own_test = table["series"].str.endswith("-test").any()
        for series, rows in table.groupby("series", sort=False).indices.items():
            if str(series).endswith("-test"):
                names[rows] = "test"
                continue
            test = 0 if own_test else self.test
            end = max(0, len(rows) - test)
            names[rows[max(0, end - self.validation) : end]] = "validation"
            names[rows[end:]] = "test"
        return names

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and the columns that the expectations check."""
        return with_checked_columns(super().with_checked_columns(table))

    def expectations(self) -> Sequence[Expectation]:
        """Expect dates without gaps, values in range, enough rows and splits in time order."""
        rows = self.window + 2 + self.validation + self.test
        return expectations(rows, self.log, self.min_value, self.max_value)

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn scales and the MASE denominator from training rows; the origins only describe the test.

        Raises DataError if the training rows do not cover a season.
        """
        values, covariates = (
            [c.removeprefix(kind) for c in table.columns if c.startswith(kind)] for kind in (VALUE, COVARIATE)
        )
        figures = figure_columns(values, covariates)
        training = table.loc[split == "train", figures].to_numpy(np.float64)
        if len(training) <= self.season:
            raise DataError(
                f"{len(training)} training rows do not cover one season of {self.season}. "
                "Give a longer series, or lower data.season, data.test or data.validation."
            )
        targets, others = training[:, : len(values)], training[:, len(values) :]
        naive_error = np.abs(targets[self.season :] - targets[: -self.season]).mean(axis=0)
        origins = np.concatenate([part.origins for part in self._parts(table, split)["test"]])
        return {
            "values": values,
            "covariates": covariates,
            "window": self.window,
            "horizon": self.horizon,
            "backtest_horizon": min(self.backtest_horizon, self.horizon),
            "season": self.season,
            "frequency": self.frequency,
            "log": self.log,
            "calendar_size": 2 * len(self.calendar),
            "scale": {
                "values": Scale.fit(targets, self.scaling, self.log).to_meta(),
                "covariates": Scale.fit(others, self.scaling, False).to_meta(),
            },
            "mase_scale": np.where(naive_error > 0, naive_error, 1.0).tolist(),
            "mase_span": table.loc[split == "train", "date"].iloc[[0, -1]].str.cat(sep=" to "),
            "origins": {"first": int(origins[0]), "last": int(origins[-1]), "count": len(origins)},
            "first_ordinal": int(table["ordinal"].iloc[0]),
            "first_date": str(table["date"].iloc[0]),
            "example": training[-self.window - self.season :].tolist(),
        }

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Cut each series to examples of the columns that the meta names.

        Raises DataError if the table lacks one of them.
        """
        figures = figure_columns(meta["values"], meta["covariates"])
        require_columns(table, figures)
        window_spec = self.window_spec(len(meta["values"]))
        splits = {}
        for name, parts in self._parts(table, split).items():
            # the network reads the window; baselines are chosen on validation rows and refitted on test rows
            max_history = self.window if name == "train" else max(self.max_history, self.window)
            # every training row but the first window is the first target of an origin
            keyed = 1 if name == "train" else self.horizon
            found = []
            for part in parts:
                rows = table.iloc[part.rows]
                cut = extract_series(rows, figures), part.origins, part.end
                keys = target_keys(str(rows["series"].iloc[0]), *cut, keyed)
                found.append(Split({**window_spec.examples(*cut, max_history).columns, KEYS: keys}))
            splits[name] = concatenate(found)
        splits["test"].plain("long")[0] = True
        return splits

    def window_spec(self, values: int) -> WindowSpec:
        """Return how examples are cut from a series of `values` value columns."""
        return WindowSpec(values, self.window, self.horizon, self.season, self.frequency, self.calendar)

    def _parts(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> dict[str, list[SplitOrigins]]:
        """Return the origins of each split in each series. Raises DataError if a split has none."""
        found: dict[str, list[SplitOrigins]] = {"train": [], "validation": [], "test": []}
        for rows in table.groupby("series", sort=False).indices.values():
            for name, parts in found.items():
                step = self.origin_step if name == "test" else 1
                parts += split_origins(np.asarray(rows, np.intp), split[rows] == name, self.window, step)
        short = [name for name, parts in found.items() if not parts]
        if short:
            raise DataError(
                f"the series is too short for one {short[0]} example: data.window is {self.window}, "
                f"data.validation {self.validation}, data.test {self.test}. Give more rows, or lower these."
            )
        return found
