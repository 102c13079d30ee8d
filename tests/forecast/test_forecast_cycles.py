"""Seasons, windows and horizons that do not fit the frequency, and tables of several series."""

import pandas as pd
import pytest
from series import months, task, write_csv

from seqops.core.errors import DataError
from seqops.tasks.forecast.data.cycles import misfits
from seqops.tasks.forecast.data.lengths import Lengths
from seqops.tasks.forecast.data.shortfalls import shortfalls


def lengths(season, window=400, horizon=10):
    return Lengths(season, window, horizon, 10, 10)


@pytest.mark.parametrize(
    ("frequency", "seasons"),
    [
        ("month", [1, 3, 6, 12]),
        ("quarter", [2, 4]),
        ("week", [4, 13, 26, 52, 53]),
        ("day", [7, 30, 31, 91, 365]),
        ("business-day", [5, 21, 22, 252, 260]),
        ("hour", [24, 168]),
        ("30 minutes", [2, 48, 336]),
        ("year", [1, 11]),
        ("position", [17]),
    ],
)
def test_a_season_of_the_clock_or_the_calendar_fits(frequency, seasons):
    assert [season for season in seasons if misfits(frequency, lengths(season))] == []


@pytest.mark.parametrize(
    ("frequency", "season", "words"),
    [
        ("day", 12, "data.season 12 is no cycle of rows that are daily; 7 is usual"),
        ("month", 7, "data.season 7 is no cycle of rows that are monthly; 12 is usual"),
        ("hour", 12, "data.season 12 is no cycle of rows that are hourly; 24 is usual"),
    ],
)
def test_another_season_is_named_with_the_usual_one(frequency, season, words):
    assert misfits(frequency, lengths(season)) == [words]


def test_a_window_below_the_season_and_a_long_horizon_are_named():
    assert misfits("day", lengths(7, window=6, horizon=13)) == [
        "data.window 6 does not hold a season of 7 rows",
        "data.horizon 13 is more than twice data.window 6",
    ]
    assert misfits("day", lengths(7, window=7, horizon=14)) == []


def test_daily_dates_under_monthly_settings_are_named_as_that(tmp_path):
    path = write_csv(tmp_path, [f"2024-01-{day:02d},{day}" for day in range(1, 32)])
    with pytest.raises(DataError, match=r"the dates look daily, but .* is month\. Set data\.frequency: day"):
        task(frequency="month").read([path])


@pytest.mark.parametrize("names", [["A", "B"], ["1", "2"]])
def test_a_table_of_several_series_names_the_column_that_tells_them_apart(tmp_path, names):
    rows = [f"{month},{name},{n}" for name in names for n, month in enumerate(months(24))]
    with pytest.raises(DataError, match=r"column 'shop' tells their rows apart.*Set data\.series: shop"):
        task().read([write_csv(tmp_path, rows, "month,shop,value")])


def test_a_date_that_occurs_twice_is_left_to_the_checks(tmp_path):
    rows = [f"{month},{n % 2}" for n, month in enumerate([*months(24), "2001-12"])]
    assert len(task().read([write_csv(tmp_path, rows)])) == 25


@pytest.mark.parametrize(
    ("frequency", "rows", "tested", "said"),
    [
        (
            "day",
            20,
            6,
            ["20 rows hold fewer than 3 seasons of 7, so no season is modelled; give at least 21"],
        ),
        ("day", 21, 6, []),
        ("year", 20, 6, []),
        ("position", 20, 5, ["5 test rows are few: scores of them are mostly chance; give more rows"]),
    ],
)
def test_what_a_series_is_too_short_for_is_said(frequency, rows, tested, said):
    table = pd.DataFrame({"series": "a", "split": ["train"] * (rows - tested) + ["test"] * tested})
    assert shortfalls(frequency, Lengths(1, 4, 3, 1, tested), table) == said
