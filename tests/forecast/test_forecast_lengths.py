"""Settings that do not fit the length of a series are refused before training, with settings that do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from series import months, table, task, write_csv

from seqops.core.errors import DataError
from seqops.tasks.forecast.data.lengths import Lengths

SIZES = st.integers(1, 60)


def test_settings_that_fit_are_named(tmp_path):
    data = task(season=12, window=48, horizon=36, validation=24, test=36)
    message = (
        r"series: 60 rows are fewer than 109: data.test 36, data.validation 24, and 49 training rows \(more "
        r"than data.window 48 and data.season 12\). These fit: data.window: 17, data.horizon: 15, "
        r"data.validation: 10, data.test: 15 .*Or give at least 109 rows."
    )
    with pytest.raises(DataError, match=message):
        data.with_checked_columns(table(tmp_path, range(60)))


def test_a_season_longer_than_the_series_is_named(tmp_path):
    with pytest.raises(DataError, match=r"Give at least 370 rows, or lower data.season."):
        task(season=365).with_checked_columns(table(tmp_path, range(40)))


def test_a_horizon_longer_than_the_test_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"data.test 6 rows hold no whole forecast of data.horizon 7 steps"):
        task(horizon=7).with_checked_columns(table(tmp_path, range(40)))


def test_each_of_several_series_must_be_long_enough(tmp_path):
    paths = [
        write_csv(tmp_path, [f"{month},1" for month in months(count)], name=f"{name}.csv")
        for name, count in (("long", 60), ("short", 18))
    ]
    with pytest.raises(DataError, match="short: 18 rows are fewer than 21"):
        task().with_checked_columns(task().read(paths))


def test_a_test_series_must_hold_a_window_and_a_horizon(tmp_path):
    paths = [
        write_csv(tmp_path, [f"{month},1" for month in months(count)], name=f"{name}.csv")
        for name, count in (("a", 40), ("a-test", 13))
    ]
    with pytest.raises(DataError, match=r"a-test: its 13 rows do not hold data.window 8 and data.horizon 6"):
        task().with_checked_columns(task().read(paths))


def test_steps_that_no_training_example_knows_are_named(tmp_path):
    data = task(window=24)
    checked = data.with_checked_columns(table(tmp_path, range(40)))
    assert data.remarks(checked) == ["no training example knows the steps after 4 of data.horizon 6"]
    assert task().remarks(task().with_checked_columns(table(tmp_path, range(40)))) == []


def test_an_inferred_frequency_is_named(tmp_path):
    data = task(frequency="auto")
    checked = data.with_checked_columns(table(tmp_path, range(40), data))
    assert data.remarks(checked) == ["the dates look monthly (data.frequency: month)"]


@given(st.builds(Lengths, SIZES, SIZES, SIZES, SIZES, SIZES), st.integers(1, 120))
def test_suggested_settings_fit_and_are_no_larger(lengths, rows):
    found = lengths.fitting(rows)
    if found is None:
        assert rows < lengths.season + 4
    else:
        assert found.total <= rows or lengths.total <= rows
        assert 1 <= found.horizon <= found.test
        for name in ("window", "horizon", "validation", "test"):
            assert 1 <= getattr(found, name) <= getattr(lengths, name)
