"""Serving forecasts of many series: one long file in, a table of forecasts out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from series import months, task, write_csv

from parts import endpoint_of
from seqops.core.errors import ConfigError, DataError
from seqops.tasks.forecast.serving import FORECAST_COLUMNS

DATA = task(
    series="shop",
    date="month",
    values=("sold",),
    scaling="window",
    short="pad",
    test=3,
    horizon=3,
    validation=3,
)


def rows(name, count, start):
    return [f"{name},{month},{start + i},note" for i, month in enumerate(months(count))]


@pytest.fixture
def meta(tmp_path):
    path = write_csv(tmp_path, [*rows("a", 20, 100), *rows("b", 16, 500)], "shop,month,sold,remark")
    return DATA.split_and_encode(DATA.read([path]))[1]


LONG = "\n".join(["month,shop,sold,remark", "2010-01,new,7,-", "2010-01,a,1,-", "2010-02,new,8,-"])


def test_a_long_file_is_one_input_per_series():
    first, second = endpoint_of(DATA).inputs_of(LONG)
    assert first == "month,shop,sold,remark\n2010-01,new,7,-\n2010-02,new,8,-\n"
    assert second == "month,shop,sold,remark\n2010-01,a,1,-\n"


def test_a_file_without_the_column_is_one_series():
    assert endpoint_of(DATA).inputs_of("month,sold\n2010-01,7\n2010-02,8") == [
        "month,sold\n2010-01,7\n2010-02,8"
    ]


def test_a_column_of_series_in_another_spelling_is_refused(meta):
    text = "\n".join(["month,Shop,sold", *(f"{m},new,{i}" for i, m in enumerate(months(8), 1))])
    with pytest.raises(DataError, match=r"input 1:1: there is no column 'shop' .*, but 'Shop'"):
        endpoint_of(DATA).parse([text], meta)


def test_another_column_is_not_read_in_place_of_the_model_s(meta):
    rows = [f"{m},new,{i}" for i, m in enumerate(months(8), 1)]
    message = r"input 1:1: there is no column 'sold', which the model reads\. Name the columns as in training"
    with pytest.raises(DataError, match=message):
        endpoint_of(DATA).parse(["\n".join(["month,shop,price", *rows])], meta)
    # without names there is only one place for the figures
    unnamed = "\n".join(row.replace(",new", "") for row in rows)
    assert endpoint_of(DATA).parse([unnamed], meta).ragged("history")[0][:, 0].tolist() == [*range(1, 9)]


def test_the_advice_on_several_series_is_not_that_for_training(meta):
    lines = [f"{m},{store},1" for store in ("a", "b") for m in months(8)]
    message = "a table of several series. Give one series per input, or name the columns as in training"
    with pytest.raises(DataError, match=message):
        endpoint_of(DATA).parse(["\n".join(["month,store,sold", *lines])], meta)


def test_a_second_row_of_a_month_is_said_to_be_that(meta):
    rows = [f"{m},{i}" for i, m in enumerate(months(8), 1)]
    message = r"input 1:5: the date is that of the row before\. .* Several series need the column 'shop'\."
    with pytest.raises(DataError, match=message):
        endpoint_of(DATA).parse(["\n".join(["month,sold", *rows[:3], rows[2], *rows[3:]])], meta)


def test_the_message_about_a_series_names_it(meta):
    text = "\n".join(["month,shop,sold", *(f"{m},new,{i}" for i, m in enumerate(months(5), 1))])
    with pytest.raises(DataError, match=r"input 1, series new: 5 values are too few"):
        endpoint_of(DATA).parse([text], meta)


def test_columns_are_found_by_name_and_short_series_are_read(meta):
    text = "\n".join(["remark,month,shop,sold", *(f"-,{m},new,{i}" for i, m in enumerate(months(7), 1))])
    split = endpoint_of(DATA).parse([text, text], meta)
    # the window is 8; a season of 4 and two rows are enough
    assert split.ragged("history")[1][:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert split.plain("series").tolist() == [0, 1]
    with pytest.raises(DataError, match=r"5 values are too few\. Give at least the latest 6 values"):
        endpoint_of(DATA).parse(["\n".join(text.split("\n")[:6])], meta)


def test_one_input_holds_one_series(meta):
    with pytest.raises(DataError, match="input 1: 2 series in one input"):
        endpoint_of(DATA).parse([LONG], meta)


def records(meta):
    text = "\n".join(["month,shop,sold", *(f"{m},new,{i}" for i, m in enumerate(months(7), 1))])
    predicted = pd.DataFrame(
        {name: [np.arange(3.0) + place] for place, name in enumerate(FORECAST_COLUMNS.values())}
    )
    return endpoint_of(DATA).respond(predicted, [text], meta)


def test_a_record_names_its_series(meta):
    [record] = records(meta)
    assert record["series"] == "new"
    assert record["forecast"][0]["date"] == "2000-08"


def test_a_table_has_a_row_for_each_step(meta):
    table = endpoint_of(DATA).to_table(records(meta), [1])
    assert table.columns.tolist() == [
        *("input", "series", "column", "step", "date"),
        *("median", "low80", "high80", "low95", "high95"),
    ]
    assert table["series"].tolist() == ["new"] * 3
    assert table["median"].tolist() == [0, 1, 2]


def test_the_horizon_keeps_the_first_steps(meta):
    endpoint = endpoint_of(DATA)
    [record] = endpoint.first_steps(records(meta), 2)
    assert [step["step"] for step in record["forecast"]] == [1, 2]
    with pytest.raises(ConfigError, match="this model forecasts 3 steps, fewer than 4"):
        endpoint.first_steps(records(meta), 4)


def test_static_texts_of_a_request_are_those_of_training_or_unknown(meta):
    known = {**meta, "static": {"remark": ["note", "other"]}}
    endpoint = endpoint_of(replace(DATA, static=("remark",)))
    named = "\n".join(["month,sold,remark", *(f"{m},{i},other" for i, m in enumerate(months(7), 1))])
    plain = "\n".join(["month,sold", *(f"{m},{i}" for i, m in enumerate(months(7), 1))])
    kinds = endpoint.parse([named, plain, "1 2 3 4 5 6 7"], known).plain("static")
    assert kinds.tolist() == [[2], [0], [0]]


def test_a_static_text_of_no_training_row_is_named_once_with_its_column(meta):
    known = {**meta, "static": {"remark": ["note", "other"]}}
    endpoint = endpoint_of(replace(DATA, static=("remark",)))

    def request(kind):
        return "\n".join(["month,sold,remark", *(f"{m},{i},{kind}" for i, m in enumerate(months(7), 1))])

    inputs = [request(kind) for kind in ("Oslo", "note", "Rome", "Oslo")]
    assert endpoint.unknown_words([*inputs, "month,sold\n2000-01,1", "1 2 3"], known) == [
        *("remark 'Oslo'", "remark 'Rome'"),
    ]
    assert endpoint.unknown_words(inputs, meta) == []


def test_the_file_that_trained_the_model_is_answered_series_by_series(tmp_path, meta):
    path = write_csv(tmp_path, [*rows("a", 20, 100), *rows("b", 16, 500)], "shop,month,sold,remark")
    with path.open(encoding="utf-8") as lines:
        inputs = endpoint_of(DATA).inputs_of(lines)
    assert len(endpoint_of(DATA).parse(inputs, meta)) == len(inputs) == 2


def test_a_table_has_the_numbers_of_the_inputs():
    records = [{"forecast": [{"step": 1, "series": "sold", "median": value}]} for value in (7.0, 8.0)]
    assert endpoint_of(DATA).to_table(records, [3, 5])["input"].tolist() == [3, 5]
