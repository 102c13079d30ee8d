"""Whether the season and the lengths that were set fit the period between two rows."""

from __future__ import annotations

from seqops.tasks.forecast.data.derived import season_of
from seqops.tasks.forecast.data.frequency import SECONDS, Frequency
from seqops.tasks.forecast.data.lengths import Lengths

YEAR = 365.25
CYCLES = (1 / 24, 1, 7, YEAR / 12, YEAR / 4, YEAR / 3, YEAR / 2, YEAR)
"""Days of an hour, a day, a week, a month, a quarter, a third and half of a year, and a year."""
PERIODS = {"quarter": YEAR / 4, "month": YEAR / 12, "business-day": 7 / 5}
"""Days of the periods that are not a fixed number of seconds."""
TOLERANCE = 0.1
MANY = 10**9


def misfits(frequency: str, lengths: Lengths) -> list[str]:
    """Say which of season, window and horizon do not fit the frequency, or each other.

    A season fits if it is a cycle of the clock or the calendar within 10 %; years and positions have none.
    """
    found, season = [], lengths.season
    if frequency not in ("position", "year") and not _is_cycle(Frequency.parse(frequency), season):
        looks, usual = Frequency.parse(frequency).looks, season_of(frequency, MANY)
        found.append(f"data.season {season} is no cycle of rows that are {looks}; {usual} is usual")
    if season > 1 and lengths.window < season:
        found.append(f"data.window {lengths.window} does not hold a season of {season} rows")
    if lengths.horizon > 2 * lengths.window:
        found.append(f"data.horizon {lengths.horizon} is more than twice data.window {lengths.window}")
    return found


def _is_cycle(frequency: Frequency, season: int) -> bool:
    days = PERIODS.get(frequency.unit) or SECONDS[frequency.unit] * frequency.count / SECONDS["day"]
    return season == 1 or any(abs(cycle / days - season) <= TOLERANCE * season for cycle in CYCLES)
