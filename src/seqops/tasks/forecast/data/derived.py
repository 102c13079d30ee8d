"""Lengths that are `auto`: derived from the frequency, the season and the number of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from seqops.core.errors import quoted
from seqops.tasks.forecast.data.frequency import SECONDS, Frequency

Auto = Literal["auto"]
LENGTHS = ("season", "window", "horizon", "backtest_horizon", "validation", "test")
"""The settings that may be `auto`."""

SEASONS = {"quarter": 4, "month": 12, "week": 52, "business-day": 5, "day": 7}
DAY, HOUR = SECONDS["day"], SECONDS["hour"]
MIN_SEASONS = 3
"""Seasons that a series must have for a season that nobody set."""
MOST_PER_DAY = 288
"""Rows a day up to which the day is the season; beyond them, it is the hour or the minute."""
MIN_HORIZON, MAX_HORIZON = 6, 96
LONG_WINDOW = 200
"""Rows that a window of three seasons may have; beyond them, it has two."""
TEST_HORIZONS, VALIDATION_HORIZONS = 10, 4
"""Most horizons in the test and in the validation rows."""
MOST_ORIGINS = 240
"""Test rows beyond which there are no more of them for the sake of further horizons."""


def _length(value: Any, least: int) -> int | Auto:
    if value == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"give a whole number of at least {least}, or auto; got {quoted(value)}")
    return value


def _positive(value: Any) -> int | Auto:
    return _length(value, 1)


def _count(value: Any) -> int | Auto:
    return _length(value, 0)


PositiveOrAuto = Annotated[int | Auto, PlainValidator(_positive)]
CountOrAuto = Annotated[int | Auto, PlainValidator(_count)]


def derived(given: Mapping[str, int | Auto], frequency: str, rows: int, panel: bool) -> dict[str, int]:
    """Return the numbers of `LENGTHS`, those that are given and those that follow from them.

    rows: of the series that all are derived from; panel: whether a series is tested by one forecast.
    """

    def chosen(name: str, value: int) -> int:
        return value if given[name] == "auto" else int(given[name])

    season = chosen("season", season_of(frequency, rows))
    # a season to scale the errors by and a row after it stay for training
    spare = max(rows - season - 1, 2)
    quarter = max(1, min(rows // 4, spare // 2))
    sixth = max(1, min(rows // 6, spare - quarter))
    horizon = chosen("horizon", halved(usual_horizon(season), chosen("test", quarter)))
    test = chosen("test", horizon if panel else test_rows(rows, quarter, horizon))
    most = horizon if panel else VALIDATION_HORIZONS * horizon
    whole = min(sixth, most) // horizon * horizon
    validation = chosen("validation", whole or halved(horizon, sixth))
    return {
        "season": season,
        "window": chosen("window", window_of(season, horizon, rows - test - validation)),
        "horizon": horizon,
        "backtest_horizon": chosen("backtest_horizon", horizon),
        "validation": validation,
        "test": test,
    }


def season_of(frequency: str, rows: int) -> int:
    """Return the season of a frequency; 1 if it has none, or if the rows hold fewer than three of it."""
    season = 1 if frequency == "position" else _usual_season(Frequency.parse(frequency))
    return season if rows >= MIN_SEASONS * season else 1


def _usual_season(frequency: Frequency) -> int:
    if not frequency.is_clock:
        season = SEASONS.get(frequency.unit, 1)
        return season // frequency.count if season % frequency.count == 0 else 1
    seconds = SECONDS[frequency.unit] * frequency.count
    cycles = [cycle for cycle in (DAY, HOUR, 60) if cycle > seconds and cycle % seconds == 0]
    return next((cycle // seconds for cycle in cycles if cycle // seconds <= MOST_PER_DAY), 1)


def usual_horizon(season: int) -> int:
    """Return the whole seasons of at least 6 rows; at most 96."""
    return min(-(-MIN_HORIZON // season) * season, MAX_HORIZON)


def halved(length: int, most: int) -> int:
    """Halve a length until it is at most `most`, so that it changes seldom as a series grows."""
    while length > max(most, 1):
        length //= 2
    return length


def test_rows(rows: int, quarter: int, horizon: int) -> int:
    """Return the rows after a start that is a multiple of the horizon: one to ten horizons, about 240 rows.

    While the horizon stays, the start never moves back as rows are added: no training row becomes a test row.
    """
    start = -(-(rows - quarter) // horizon) * horizon
    return max(horizon, min(rows - start, TEST_HORIZONS * horizon, MOST_ORIGINS))


def window_of(season: int, horizon: int, training: int) -> int:
    """Return three seasons, or two long ones, but no less than two horizons; at most half of the training.

    A window of more than two seasons has whole ones.
    """
    seasons = 3 * season if 3 * season <= LONG_WINDOW else 2 * season
    window = max(1, min(max(seasons, 2 * horizon), training // 2))
    return window if window < 2 * season else window - window % season
