"""Many series in one long table: reading, splits, scales, and the forecasts of other systems."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from series import months, task, write_csv

from parts import evaluation_of
from seqops.core.errors import ConfigError, DataError
from seqops.core.ragged import Slices
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.tasks.forecast.data.origins import Series

PANEL = task(
    series="shop", scaling="window", horizon=3, backtest_horizon=3, origin_step=3, test=3, validation=3
)


def long_table(folder, lengths, name="sales.csv"):
    """Write series a, b ... of these lengths, which count up from 100, 200 ...; their rows alternate."""
    rows = [
        f"{chr(97 + k)},{month},{100 * (k + 1) + i}"
        for i, month in enumerate(months(max(lengths)))
        for k, length in enumerate(lengths)
        if i < length
    ]
    return write_csv(folder, rows, "shop,month,sold", name)


def test_the_rows_of_each_series_follow_each_other(tmp_path):
    table = PANEL.read([long_table(tmp_path, [4, 2])])
    assert table["series"].tolist() == ["a"] * 4 + ["b"] * 2
    assert table["value.sold"].tolist() == [100, 101, 102, 103, 200, 201]
    assert table["line"].tolist() == [2, 4, 6, 7, 3, 5]
    assert table["ordinal"].tolist() == [360, 361, 362, 363, 360, 361]


def test_a_row_without_the_name_of_its_series_is_refused(tmp_path):
    path = write_csv(tmp_path, ["a,2000-01,1", ",2000-02,2"], "shop,month,sold")
    with pytest.raises(DataError, match=r"series.csv:3: column 'shop' is empty"):
        PANEL.read([path])


def test_the_frequency_is_that_of_the_longest_series(tmp_path):
    table = task(series="shop", scaling="window", frequency="auto").read([long_table(tmp_path, [2, 9])])
    assert set(table["frequency"]) == {"month"}


def test_each_series_is_split_by_time_and_tested_by_one_forecast(tmp_path):
    splits, meta = PANEL.split_and_encode(PANEL.read([long_table(tmp_path, [20, 16])]))
    assert meta["unit"] == "series"
    test = splits["test"]
    assert test.plain("origin").tolist() == [17, 13]
    assert test.plain("series").tolist() == [0, 1]
    assert test.ragged("name").texts() == ["a", "b"]
    assert test.plain("targets")[:, :, 0].tolist() == [[117, 118, 119], [213, 214, 215]]
    assert not test.plain("long").any()
    assert splits["validation"].plain("origin").tolist() == [14, 15, 16, 10, 11, 12]
    assert splits["train"].plain("origin").tolist() == [8, 9, 10, 11, 12, 13, 8, 9]


def test_the_drift_features_are_those_of_every_series(tmp_path):
    splits, meta = PANEL.split_and_encode(PANEL.read([long_table(tmp_path, [20, 16])]))
    features = evaluation_of(PANEL).drift_features(splits["train"], meta)
    # lines of slope 1: one surprise of 0 for each origin
    assert features["surprise of sold"].tolist() == [0.0] * 8
    assert np.ptp(features["growth of sold"].values) == 0


def test_a_series_is_scaled_by_its_own_rows_before_the_split(tmp_path):
    rows = [
        f"{name},{month},{size * i}" for name, size in (("a", 1), ("b", 1000)) for i, month in numbered(20)
    ]
    splits, _ = PANEL.split_and_encode(PANEL.read([write_csv(tmp_path, rows, "shop,month,sold")]))
    # a season of 4 on lines of slope 1 and 1000
    assert splits["test"].plain("scale").tolist() == [[4.0], [4000.0]]
    jump = [*rows[:16], "a,2001-05,500", *rows[17:]]  # a validation row of a
    splits, _ = PANEL.split_and_encode(PANEL.read([write_csv(tmp_path, jump, "shop,month,sold")]))
    assert splits["train"].plain("scale")[0] == 4.0
    assert splits["validation"].plain("scale")[0] == 4.0
    assert splits["test"].plain("scale")[0, 0] == pytest.approx((12 * 4 + 488) / 13)


def numbered(count):
    return list(enumerate(months(count)))


def test_origins_share_the_rows_of_their_series(tmp_path):
    splits, _ = PANEL.split_and_encode(PANEL.read([long_table(tmp_path, [20, 16])]))
    history = splits["train"].ragged("history")
    assert isinstance(history, Slices)
    assert history.values[:, 0].tolist() == [*range(100, 114), *range(200, 210)]
    assert history[1][:, 0].tolist() == list(range(101, 109))
    assert history[6][:, 0].tolist() == list(range(200, 208))
    assert history.take(np.array([6, 1]))[0][:, 0].tolist() == list(range(200, 208))


def test_training_targets_and_calendar_are_stored_once(tmp_path):
    panel = replace(PANEL, calendar=("month",), seasons=(6.0,))
    table = panel.read([long_table(tmp_path, [20, 16])])
    splits, meta = panel.split_and_encode(table)
    train = splits["train"]
    assert isinstance(train.ragged("targets"), Slices)
    # 6 and 2 targets of training, and the unknown ones beyond
    assert len(train.ragged("targets").values) == 6 + 3 + 2 + 3
    assert len(train.ragged("calendar").values) == 6 + 2 + 2 * (8 + 3 - 1)
    targets = train.stacked("targets")[..., 0]
    np.testing.assert_array_equal(
        targets[[0, 5, 7]], [[108, 109, 110], [113, *[np.nan] * 2], [209, *[np.nan] * 2]]
    )
    alone = replace(panel, series="").window_spec(meta)
    for row, number in ((0, 0), (5, 0), (7, 1)):
        figures = table[table["series"] == "ab"[number]]
        series = Series(figures[["value.sold"]].to_numpy(), figures["ordinal"].to_numpy(), number)
        expected = alone.examples(series, train.plain("origin")[[row]], len(figures), 8)
        np.testing.assert_array_equal(train.stacked("calendar")[row], expected.plain("calendar")[0])


def test_a_short_series_is_refused_with_its_name_or_padded(tmp_path):
    short = task(series="shop", scaling="window", window=12, horizon=3, test=3, validation=3)
    path = long_table(tmp_path, [30, 15])
    with pytest.raises(DataError, match=r"series b: 15 rows are fewer than 19: .* Set data.short: pad"):
        short.with_checked_columns(short.read([path]))
    padded = task(series="shop", scaling="window", window=12, horizon=3, test=3, validation=3, short="pad")
    table = padded.read([path])
    padded.with_checked_columns(table)
    splits, meta = padded.split_and_encode(table)
    assert meta["min_history"] == 6  # a season of 4 and two
    train = splits["train"]
    assert train.plain("origin")[train.plain("series") == 1].tolist() == [6, 7, 8]
    assert train.ragged("history").lengths[-3:].tolist() == [6, 7, 8]
    with pytest.raises(DataError, match="series b: 12 rows are fewer than 13"):
        padded.with_checked_columns(padded.read([long_table(tmp_path, [30, 12])]))


def test_names_of_a_column_do_not_make_test_series(tmp_path):
    rows = [f"{name},{month},{i + 1}" for name in ("a", "b-test") for i, month in numbered(20)]
    table = PANEL.read([write_csv(tmp_path, rows, "shop,month,sold")])
    assert (PANEL.assign_splits(table)[20:] == "train").sum() == 14


def test_many_series_need_a_scale_of_their_own():
    with pytest.raises(ConfigError, match=r"data.series needs data.scaling: window"):
        task(series="shop", scaling="standard")


SYSTEMS = task(
    series="shop", scaling="window", horizon=3, origin_step=1, test=3, validation=3, baselines="systems.csv"
)


def test_forecasts_of_other_systems_start_at_the_first_test_row(tmp_path):
    systems = write_csv(
        tmp_path,
        ["ets,b,1,2,3", "ets,a,4,5,6", "old,a,7,8,9"],
        "method,series,h1,h2,h3",
        "systems.csv",
    )
    splits, meta = SYSTEMS.split_and_encode(SYSTEMS.read([long_table(tmp_path, [20, 16]), systems]))
    assert meta["baselines"] == ["ets", "old"]
    forecasts = splits["test"].plain("forecasts")
    assert forecasts[0].T.tolist() == [[4, 5, 6], [7, 8, 9]]
    assert np.isnan(forecasts[1:3]).all()  # later origins, which know more
    assert forecasts[3, :, 0].tolist() == [1, 2, 3]
    assert np.isnan(forecasts[3, :, 1]).all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["ets,c,1,2,3"], r"systems.csv:2: there is no series 'c'"),
        (["ets,a,1,x,3"], r"systems.csv:2: 'x' in column 'h2' is not a number"),
        (["ets,a,1,2,3", "ets,a,1,2,4"], r"systems.csv:3: ets has a forecast of series 'a' in line 2, too"),
    ],
)
def test_bad_forecasts_of_other_systems_are_refused(tmp_path, rows, message):
    systems = write_csv(tmp_path, rows, "method,series,h1,h2,h3", "systems.csv")
    with pytest.raises(DataError, match=message):
        SYSTEMS.read([long_table(tmp_path, [20, 16]), systems])


def test_the_file_of_other_systems_must_be_a_source(tmp_path):
    with pytest.raises(DataError, match=r"systems.csv is none of the source files: sales.csv"):
        SYSTEMS.read([long_table(tmp_path, [20, 16])])


def test_examples_and_plots_name_the_series(tmp_path):
    splits, meta = PANEL.split_and_encode(PANEL.read([long_table(tmp_path, [20, 16, 18])]))
    truth = splits["test"]
    errors = np.array([3.0, 1.0, 2.0])[:, None, None] * truth.plain("scale")[:, None]
    mean = truth.plain("targets") + errors
    cells = {name: list(mean[:, :, 0]) for name in ("mean", *(column(level) for level in LEVELS))}
    predicted, evaluation = pd.DataFrame(cells), evaluation_of(PANEL)
    assert evaluation.examples(predicted, truth, meta)["series"].tolist() == ["a", "b", "c"]
    forecast, by_step, _ = evaluation.plots(predicted, truth, meta)
    assert forecast.title.startswith("sold of c, a series with a typical error")
    assert by_step.table["mase"].tolist() == [2.0, 2.0, 2.0]


def test_series_with_a_short_past_are_a_slice(tmp_path):
    splits, meta = PANEL.split_and_encode(PANEL.read([long_table(tmp_path, [20, 16])]))
    found = evaluation_of(PANEL).slices(splits["test"], meta)
    assert found["shorter than two windows (16 rows)"].tolist() == [False, True]


def test_static_texts_are_numbered_by_the_training_rows(tmp_path):
    data = replace(PANEL, static=("region", "size"), values=("sold",))
    regions = {"a": "north", "b": "south", "c": "north"}
    rows = [f"{name},{month},{regions[name]},big,{i}" for name in regions for i, month in numbered(20)]
    header = "shop,month,region,size,sold"
    splits, meta = data.split_and_encode(data.read([write_csv(tmp_path, rows, header)]))
    assert meta["static"] == {"region": ["north", "south"], "size": ["big"]}
    assert splits["test"].plain("static").tolist() == [[1, 1], [2, 1], [1, 1]]
    moved = write_csv(tmp_path, [row.replace("north", "west") for row in rows], header)
    table = data.read([moved])
    assert data.encode(table, data.assign_splits(table), meta)["test"].plain("static")[0].tolist() == [0, 1]


def test_a_test_file_among_files_of_different_sizes_has_a_scale_of_its_own(tmp_path):
    def file(name, size):
        return write_csv(tmp_path, [f"{m},{size * i}" for i, m in numbered(24)], name=f"{name}.csv")

    data = task(test=1, horizon=3)
    many = [file("large", 1000), file("small", 1), file("tiny-test", 0.5)]
    splits, _ = data.split_and_encode(data.read(many))
    assert set(splits["test"].plain("scale")[:, 0]) == {2.0}  # a season of 4 on a line of slope 0.5
    assert splits["validation"].plain("scale")[[0, -1], 0].tolist() == [4000.0, 4.0]
    one, _ = data.split_and_encode(data.read(many[1:]))
    assert set(one["test"].plain("scale")[:, 0]) == {4.0}  # that of the training rows


def test_forecasts_of_other_systems_are_of_one_value_column(tmp_path):
    systems = write_csv(tmp_path, ["ets,a,1,2,3"], "method,series,h1,h2,h3", "systems.csv")
    wide = write_csv(tmp_path, [f"a,{m},{i},{i}" for i, m in numbered(20)], "shop,month,sold,bought")
    with pytest.raises(DataError, match="forecasts one column, but the data have 2 value columns"):
        SYSTEMS.read([wide, systems])


def test_the_date_is_the_first_column_without_another_use(tmp_path):
    data = replace(PANEL, static=("region",))
    table = data.read([write_csv(tmp_path, ["north,a,2000-01,7"], "region,shop,month,sold")])
    assert (table["date"][0], table["static.region"][0], table["value.sold"][0]) == ("2000-01", "north", 7)
