"""Whether a series is long enough for the settings, and settings that fit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from seqops.core.errors import DataError

Short = Literal["refuse", "pad"]


@dataclass(frozen=True)
class Lengths:
    """Numbers of rows: of the season, the window, the horizon, and the validation and test rows.

    many: whether a column names the series; padded: whether windows may begin before the series.
    """

    season: int
    window: int
    horizon: int
    validation: int
    test: int
    many: bool = False
    padded: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any], many: bool, padded: bool) -> Lengths:
        """Read the numbers from the data settings, none of which is `auto`."""
        names = ("season", "window", "horizon", "validation", "test")
        season, window, horizon, validation, test = (int(settings[name]) for name in names)
        return cls(season, window, horizon, validation, test, many, padded)

    @property
    def min_history(self) -> int:
        """Return the fewest rows before an origin: a window, or a season and two rows to compare with it."""
        return min(self.window, self.season + 2) if self.padded else self.window

    @property
    def training(self) -> int:
        """Return the fewest training rows: those before an origin and one after, and a season to scale by."""
        return max(self.min_history, self.season) + 1

    @property
    def total(self) -> int:
        """Return the fewest rows of a series that is trained on and tested."""
        return self.training + self.validation + self.test

    def check(self, table: pd.DataFrame, own_test: bool) -> None:
        """Raise DataError for a series that is too short, naming settings that fit.

        own_test: whether there are test series, whose names end in `-test`.
        """
        sizes = table.groupby("series", sort=False).size()
        for series, rows in sizes.sort_values(kind="stable").items() if self.many else sizes.items():
            if own_test and str(series).endswith("-test"):
                self._check_test(str(series), int(rows))
            else:
                needed = replace(self, test=0) if own_test else self
                needed._check_all(str(series), int(rows))

    def _check_test(self, series: str, rows: int) -> None:
        if rows < self.window + self.horizon:
            raise DataError(
                f"series {series}: its {rows} rows do not hold data.window {self.window} and data.horizon "
                f"{self.horizon}. Give a longer test series, or lower these."
            )

    def _check_all(self, series: str, rows: int) -> None:
        if self.test and self.horizon > self.test:
            raise DataError(
                f"series {series}: data.test {self.test} rows hold no whole forecast of data.horizon "
                f"{self.horizon} steps. Lower data.horizon to {self.test}, or raise data.test."
            )
        if rows < self.total:
            raise DataError(
                f"series {series}: {rows} rows are fewer than {self.total}: data.test {self.test}, "
                f"data.validation {self.validation}, and {self.training} training rows (more than "
                f"{self._minimum} and data.season {self.season}). {self._advice(rows)}"
            )

    @property
    def _minimum(self) -> str:
        name = "the rows before an origin," if self.padded else "data.window"
        return f"{name} {self.min_history}"

    def _advice(self, rows: int) -> str:
        if self.many and not self.padded and rows >= replace(self, padded=True).total:
            return "Set data.short: pad, leave that series out, or lower data.window."
        fitting = self.fitting(rows)
        if fitting is None:
            return f"Give at least {self.season + 5} rows, or lower data.season."
        names = ("window", "horizon", "validation", "test")
        changed = [n for n in names if getattr(fitting, n) != getattr(self, n)]
        auto = "" if self.many else "; so does auto for each of them"
        settings = ", ".join(f"data.{name}: {getattr(fitting, name)}" for name in changed)
        return (
            f"These fit: {settings} (data.window must also exceed model.difference){auto}. Or give at least "
            f"{self.total} rows."
        )

    def fitting(self, rows: int) -> Lengths | None:
        """Return settings of the same season that `rows` rows are enough for; None if there are none."""
        spare = rows - self.season - 1
        if spare < 2 or rows < 4:
            return None
        test = min(self.test, max(1, min(rows // 4, spare - 1))) if self.test else 0
        validation = min(self.validation, max(1, min(rows // 6, spare - test)))
        horizon = min(self.horizon, test or self.horizon)
        training = rows - test - validation
        # half of the training rows for the windows, so that the others are examples
        window = min(self.window, max(1, training // 2))
        return replace(self, window=window, horizon=horizon, validation=validation, test=test)

    def unlearnt(self, table: pd.DataFrame) -> str:
        """Say which steps of the horizon no training example knows; empty: none. The table has its split."""
        training = table[table["split"] == "train"].groupby("series", sort=False).size()
        known = int(training.max()) - self.min_history
        if known >= self.horizon:
            return ""
        return f"no training example knows the steps after {known} of data.horizon {self.horizon}"
