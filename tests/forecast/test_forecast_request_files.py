"""Errors of a file of series name its lines, and the series that can be forecast are."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from series import months, task, write_csv

from parts import endpoint_of
from seqops.cli.answers import Answers
from seqops.cli.predict import _inputs
from seqops.core.errors import DataError, RefusedInputsError
from seqops.tasks.forecast.data.request_files import figures_within

DATA = task(series="shop", date="month", values=("sold",), scaling="window", test=3, horizon=3, validation=3)
FILE = Path("folder/new.csv")


def rows(name, count, *, skipped=(), value="7"):
    return [f"{month},{name},{value}" for i, month in enumerate(months(count)) if i not in skipped]


@pytest.fixture
def meta(tmp_path):
    path = write_csv(tmp_path, rows("a", 20), "month,shop,sold")
    return DATA.split_and_encode(DATA.read([path]))[1]


def answers(endpoint, meta, text, batch=1000):
    """Return the answers to a file, by a version that answers with the first cells of each input."""

    def predict(inputs):
        endpoint.parse(inputs, meta)
        return [text.splitlines()[1].split(",")[1] for text in inputs]

    version = SimpleNamespace(predict=predict, unknown_words=lambda inputs: [])
    inputs = endpoint.inputs_of(text)
    found = Answers(version, FILE)
    return found, found.records([inputs[i : i + batch] for i in range(0, len(inputs), batch)])


# line 1 the header, 2 to 9 `a`, 10 to 14 `few`, 15 to 21 `gap`, 22 to 29 `bad`, 30 to 37 `b`
MIXED = "\n".join(
    [
        "month,shop,sold",
        *rows("a", 8),
        *rows("few", 5),
        *rows("gap", 8, skipped=[6]),
        *rows("bad", 7),
        "2000-08,bad,seven",
        *rows("b", 8),
    ]
)
SHORT = "values are too few. Give at least the latest 8 values, or train with data.short: pad."
REASONS = [
    f"new.csv:10: series few: 5 {SHORT}",
    f"new.csv:15: series gap: 7 {SHORT}",
    "new.csv:29: series bad: 'seven' in column 'sold' is not a number. "
    "Write numbers as 1234.5, without thousands separators or units.",
]


def test_series_that_cannot_be_forecast_are_named_with_their_lines_and_the_others_are_forecast(meta):
    found, records = answers(endpoint_of(DATA), meta, MIXED)
    assert list(records) == [([1, 5], ["a", "b"])]
    with pytest.raises(DataError) as raised:
        found.check()
    head, *reasons = str(raised.value).split("\n")
    assert head == "3 of 5 inputs are refused, the others are answered:"
    assert reasons == REASONS


def test_later_requests_go_on_counting_inputs(meta):
    found, records = answers(endpoint_of(DATA), meta, MIXED, batch=2)
    assert list(records) == [([1], ["a"]), ([5], ["b"])]
    assert (found.asked, found.refused, found.reasons) == (5, 3, REASONS)


def test_lines_are_those_of_the_file_where_series_alternate_and_cells_hold_line_breaks(meta):
    x, y = rows("x", 9, skipped=[4]), rows("y", 8)
    x[1] = '2000-02,x,"7\n"'
    text = "\n".join(["month,shop,sold", *(row for pair in zip(x, y, strict=True) for row in pair)])
    found, records = answers(endpoint_of(DATA), meta, text)
    assert list(records) == [([2], ["y"])]
    # the header and 4 rows each of x and y, of which one stands on two lines
    [reason] = found.reasons
    assert reason.startswith("new.csv:11: series x: the date does not follow the previous one.")
    assert text.splitlines()[10] == "2000-06,x,7"


def test_no_answer_is_an_error_that_names_the_first_series(meta):
    text = "\n".join(["month,shop,sold", *(row for n in range(22) for row in rows(f"s{n}", 2))])
    _, records = answers(endpoint_of(DATA), meta, text)
    with pytest.raises(DataError) as raised:
        list(records)
    lines = str(raised.value).split("\n")
    assert lines[0] == "22 of 22 inputs are refused, none is answered:"
    assert lines[20] == f"new.csv:40: series s19: 2 {SHORT}"
    assert lines[21:] == ["and 2 more."]


def test_lists_of_which_one_is_refused_are_not_answered_since_answers_do_not_name_them(meta):
    _, records = answers(endpoint_of(DATA), meta, "1 2 3\n1 2 3 4 5 6 7 8\n4 nan\n")
    with pytest.raises(DataError) as raised:
        list(records)
    assert str(raised.value).split("\n") == [f"new.csv:1: 3 {SHORT}", f"new.csv:3: 2 {SHORT}"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["7"] * 8 + ["oops"] + ["7"] * 8, "new.csv:9: 'oops' is not a number. Correct it, or"),
        (["7", "oops"] + ["7"] * 8, "new.csv:2: 'oops' is not a number. Correct it, or"),
        (["Sold"] + ["1950"] * 9, "new.csv:1: 'Sold' is taken for the header of a table, which has no date"),
        (['"7"'] * 9, "new.csv:1: the figures are in quotes. Leave them out"),
    ],
)
def test_a_line_that_is_no_figure_is_named_in_a_file_with_a_figure_a_line(meta, lines, reason):
    _, records = answers(endpoint_of(DATA), meta, "\n".join(lines))
    with pytest.raises(DataError, match=f"^{reason}"):
        list(records)


def test_a_request_names_all_inputs_that_it_refuses(meta):
    with pytest.raises(RefusedInputsError, match=r"^input 1: 2 values .*\ninput 3: 1 values .*$"):
        endpoint_of(DATA).parse(["1 2", "1 2 3 4 5 6 7 8", "1"], meta)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("month,shop,sold\n2000-01,a,1\n2000-02,a\n", r"^new\.csv:3: 2 cells where the header has 3"),
        ("1 2 3\n284,5 277,5\n", r"^new\.csv:2: '284,5' may be one number or several"),
    ],
)
def test_a_file_that_cannot_be_divided_is_named_with_the_line(tmp_path, text, message):
    (tmp_path / "new.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        list(_inputs([], tmp_path / "new.csv", endpoint_of(DATA)))


def test_figures_a_line_are_read_up_to_the_length_of_an_input():
    read = []

    def lines():
        for number in range(1, 1_000):
            read.append(number)
            yield "1.5\n"

    with pytest.raises(DataError, match=r"^the file:6: a figure a line up to here .* 20 characters"):
        list(figures_within(lines(), 20))
    assert len(read) == 6
    assert len(list(figures_within(["1 2\n"] * 50, 20))) == 50
