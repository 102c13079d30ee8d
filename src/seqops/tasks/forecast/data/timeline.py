"""Numbering of a column of stamps by its frequency, given or inferred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.csv_table import parse_number
from seqops.tasks.forecast.data.frequency import MIN_STAMPS, Frequency, Integers, infer
from seqops.tasks.forecast.data.stamps import DateOrder, Reading, readings


@dataclass(frozen=True)
class Timeline:
    """The frequency of a series by name, and the number of each row's period: (T,).

    order: of day and month as the stamps were read; `auto` if they were read in another form.
    """

    frequency: str
    ordinals: Integers
    order: DateOrder = "auto"


@dataclass(frozen=True)
class Column:
    """A column of stamps and where it stands.

    strict: whether missing periods are refused; order: of day and month; certain: whether a frequency that is
    given is that of the rows, whatever they look like.
    """

    path: Path
    lines: Sequence[int]
    texts: Sequence[str]
    time_zone: str
    strict: bool
    order: DateOrder = "auto"
    certain: bool = False

    def timeline(self, frequency: str) -> Timeline:
        """Number the rows: consecutive periods differ by 1. Raises DataError if that is impossible."""
        if frequency == "position" or (frequency == "auto" and self._is_plain_numbers()):
            return Timeline("position", self._positions())
        found = self._readings()
        if frequency == "auto":
            return self._inferred(found)
        given = Frequency.parse(frequency)
        numbered = [_ordinals(reading, given) for reading in found]
        best = self._best(numbered)
        if not self.certain:
            self._check_order(found, best, given)
        self._check_frequency(found[best], given, numbered[best])
        return Timeline(frequency, numbered[best], found[best].form.order)

    def _check_order(self, found: Sequence[Reading], best: int, given: Frequency) -> None:
        """Raise DataError if the rows are as regular in another period, with day and month exchanged.

        So are twelve rows from 01/01/2024 to 12/01/2024: days, or months.
        """
        least = _regularity(_ordinals(found[best], given))
        for reading in (each for each in found if each is not found[best]):
            other = _infer(reading)
            if other not in (None, given) and _regularity(_ordinals(reading, other)) >= least:
                raise self._exchangeable(f"the dates look {given.looks} or {other.looks}")

    def _readings(self) -> list[Reading]:
        return readings(self.path, self.lines, self.texts, self.time_zone, self.order)

    def _inferred(self, found: Sequence[Reading]) -> Timeline:
        frequencies = [_infer(reading) for reading in found]
        lines = [
            Timeline(frequency.name, _ordinals(reading, frequency), reading.form.order)
            for reading, frequency in zip(found, frequencies, strict=True)
            if frequency is not None
        ]
        if not lines:
            few = f"fewer than {MIN_STAMPS} dates" if len(set(self.texts)) < MIN_STAMPS else "irregular dates"
            fix = "Set data.frequency; `position` takes the rows as they follow each other."
            raise DataError.at(self.path, None, f"{few} show no frequency", fix)
        return lines[self._best([line.ordinals for line in lines])]

    def _best(self, numbered: Sequence[Integers]) -> int:
        """Return the most regular of the readings. Raises DataError if day and month may be exchanged."""
        regularity = [_regularity(ordinals) for ordinals in numbered]
        best = int(np.argmax(regularity))
        equal = [o for o, value in zip(numbered, regularity, strict=True) if value == regularity[best]]
        if any((ordinals != equal[0]).any() for ordinals in equal):
            raise self._exchangeable("both make the rows regular")
        return best

    def _exchangeable(self, why: str) -> DataError:
        what = f"{quoted(self.texts[0])} may begin with the day or with the month: {why}"
        fix = "Write dates as 2024-01-31, or set data.date_order: day-month or month-day."
        return DataError.at(self.path, self.lines[0], what, fix)

    def _check_frequency(self, reading: Reading, given: Frequency, ordinals: Integers) -> None:
        found, regularity = _infer(reading), _regularity(ordinals)
        if found is None or found == given:
            return
        better = _regularity(_ordinals(reading, found))
        if better > regularity and (self.strict or regularity <= 0.5 < better):
            what = f"the dates look {found.looks}, but data.frequency is {given.name}"
            seasons = "data.season, window and horizon count these rows"
            raise DataError.at(self.path, None, what, f"Set data.frequency: {found.name} ({seasons}).")

    def _is_plain_numbers(self) -> bool:
        """Return whether the stamps are numbers that are no regular years, months, days or epochs."""
        if self._numbers() is None:
            return False
        try:
            found = self._readings()
        except DataError:
            return True
        return all(_infer(reading) is None for reading in found)

    def _numbers(self) -> npt.NDArray[np.float64] | None:
        """Return the stamps as numbers; None if one of them is not a number."""
        cells = zip(self.lines, self.texts, strict=True)
        try:
            return np.array([parse_number(self.path, line, text, "position") for line, text in cells])
        except DataError:
            return None

    def _positions(self) -> Integers:
        x = self._numbers()
        if x is None:
            return self._ranks()
        if np.isnan(x).any():
            bad = self.lines[int(np.flatnonzero(np.isnan(x))[0])]
            raise DataError.at(self.path, bad, "the position is missing", "Number the rows in equal steps.")
        step = float(np.median(np.abs(np.diff(x)))) if len(x) > 1 else 1.0
        return np.asarray(np.rint((x - x[0]) / (step or 1.0)), np.int64)

    def _ranks(self) -> Integers:
        """Number dates as they follow each other, whatever lies between them."""
        found = self._readings()
        ranks = [np.unique(reading.instants, return_inverse=True)[1].astype(np.int64) for reading in found]
        return ranks[self._best(ranks)]


def _infer(reading: Reading) -> Frequency | None:
    """Infer days and longer periods from local dates, shorter ones from instants."""
    found = infer(reading.local)
    return infer(reading.instants) if found is None or found.is_clock else found


def _ordinals(reading: Reading, frequency: Frequency) -> Integers:
    return frequency.ordinals(reading.instants if frequency.is_clock else reading.local)


def _regularity(ordinals: Integers) -> float:
    """Return the share of steps that lead to the next period."""
    return float(np.mean(np.diff(ordinals) == 1)) if len(ordinals) > 1 else 1.0
