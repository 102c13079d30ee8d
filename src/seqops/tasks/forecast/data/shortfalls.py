"""What a series is too short to show."""

from __future__ import annotations

import pandas as pd

from seqops.tasks.forecast.data.cycles import MANY
from seqops.tasks.forecast.data.derived import MIN_HORIZON, MIN_SEASONS, season_of
from seqops.tasks.forecast.data.lengths import Lengths


def shortfalls(frequency: str, lengths: Lengths, table: pd.DataFrame) -> list[str]:
    """Say that there are too few rows for a season, or for a score. The table has its split."""
    found, rows = [], int(table.groupby("series", sort=False).size().max())
    usual, tested = season_of(frequency, MANY), int((table["split"] == "test").sum())
    if lengths.season == 1 and rows < (needed := MIN_SEASONS * usual):
        what = f"{rows} rows hold fewer than {MIN_SEASONS} seasons of {usual}, so no season is modelled"
        found.append(f"{what}; give at least {needed}")
    if tested < MIN_HORIZON:
        found.append(f"{tested} test rows are few: scores of them are mostly chance; give more rows")
    return found
