"""Files of steps: what is read, and what is refused, with file and line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import task, write_csv

from seqops.core.errors import DataError

ROWS = ["a,0.5,0", "a,0.75,1", "b,1,0"]


def test_a_sequence_is_one_row_with_the_line_of_its_first_step(tmp_path):
    table = task().read([write_csv(tmp_path, ["a,0.5,0", "", "a,0.75,1", "b,1,0"])])
    assert list(table.columns) == ["line", "sequence", "labels", "value.value"]
    assert table["line"].tolist() == [2, 5]
    assert table["sequence"].tolist() == ["a", "b"]
    assert table["labels"].tolist() == [[0, 1], [0]]
    assert table["value.value"].tolist() == [[0.5, 0.75], [1.0]]


def test_columns_are_found_by_name_in_any_order(tmp_path):
    path = write_csv(tmp_path, ["1;7;x;2", "0;8;x;3"], header="event;y;run;x")
    table = task(sequence="run", label="event", values=("x",)).read([path])
    assert table["value.x"].tolist() == [[2.0, 3.0]]
    every = task(sequence="run", label="event").read([path])
    assert list(every.columns[3:]) == ["value.y", "value.x"]


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_the_index_column_of_pandas_is_no_value(tmp_path, name):
    path = write_csv(tmp_path, [f"{i},{row}" for i, row in enumerate(ROWS)], f"{name},sequence,value,label")
    table = task().read([path])
    assert list(table.columns) == ["line", "sequence", "labels", "value.value"]
    assert table["value.value"].tolist() == [[0.5, 0.75], [1.0]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, "b,2,2"], r"^steps\.csv:5: label '2' in column 'label'\. Label each step 0 or 1\.$"),
        ([*ROWS, "b,2,"], r"^steps\.csv:5: no label in column 'label'"),
        ([*ROWS, "b,2,1.0"], r"^steps\.csv:5: label '1\.0'"),
        ([*ROWS, "b,,1"], r"^steps\.csv:5: no value in column 'value'\. .*remove the whole sequence"),
        ([*ROWS, "b,NaN,1"], r"^steps\.csv:5: no value in column 'value'"),
        ([*ROWS, "b,many,1"], r"^steps\.csv:5: 'many' in column 'value' is not a number"),
        ([*ROWS, "b,inf,1"], r"^steps\.csv:5: 'inf' in column 'value' is not a number"),
        ([*ROWS, ",2,1"], r"^steps\.csv:5: no sequence in column 'sequence'"),
        ([*ROWS, "a,2,1"], r"^steps\.csv:5: sequence 'a' continues after another one started"),
        ([*ROWS, "b,2"], r"^steps\.csv:5: 2 cells where the header has 3"),
        (["a,1,0", "b,2,0"], r"^steps\.csv: every step has the label 0\. .*both labels"),
        (
            ["a,2.868,0", "a,170,1", "b,255,0"],
            r"^steps\.csv: 2\.868 in column 'value' may be a thousand or a fraction\. Write 2868 if it is",
        ),
        ([], r"^steps\.csv: contains no data rows\. .*one row per step"),
    ],
)
def test_invalid_steps_are_refused_with_file_and_line(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        task().read([write_csv(tmp_path, rows)])


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("sequence,value,labels", r"^steps\.csv:1: column 'label' not found; .*`data\.label`"),
        ("sequence,label,label", r"^steps\.csv:1: two columns are called 'label'"),
    ],
)
def test_an_invalid_header_is_refused(tmp_path, header, message):
    with pytest.raises(DataError, match=message):
        task().read([write_csv(tmp_path, ROWS, header=header)])


def test_a_file_without_numbers_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"^steps\.csv:1: no value column"):
        task().read([write_csv(tmp_path, ["a,0", "a,1"], header="sequence,label")])


def test_files_must_have_the_same_columns(tmp_path):
    one = write_csv(tmp_path, ROWS)
    two = write_csv(tmp_path, ROWS, header="sequence,other,label", name="two.csv")
    with pytest.raises(DataError, match=r"^two\.csv:1: .*columns of steps\.csv"):
        task().read([one, two])


STEP = st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 1))
SEQUENCES = st.lists(st.lists(STEP, min_size=1, max_size=5), min_size=1, max_size=6)


@given(sequences=SEQUENCES, end=st.sampled_from(["\n", "\r\n"]), bom=st.booleans())
def test_sequences_are_read_back_as_written(tmp_path_factory, sequences, end, bom):
    sequences = [*sequences, [(0.5, 0), (0.5, 1)]]  # both labels
    rows = [f"s{n},{x!r},{y}" for n, steps in enumerate(sequences) for x, y in steps]
    path = tmp_path_factory.mktemp("property") / "steps.csv"
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + end.join(["sequence,value,label", *rows]).encode())
    table = task().read([path])
    assert table["value.value"].tolist() == [[x for x, _ in steps] for steps in sequences]
    assert table["labels"].tolist() == [[y for _, y in steps] for steps in sequences]


@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_or_refused_with_a_message(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("property") / "steps.csv"
    path.write_bytes(b"sequence,value,label\na,1,0\na,2,1\n" + text.encode())
    try:
        table = task().read([path])
    except DataError as refused:
        assert str(refused).startswith("steps.csv")
    else:
        assert all(math.isfinite(x) for row in table["value.value"] for x in row)


def test_a_long_header_is_abbreviated_in_the_message(tmp_path):
    path = write_csv(tmp_path, ["1;2"], header=f"{'x' * 50_000};{'y' * 50_000}")
    with pytest.raises(DataError, match="column 'sequence' not found") as raised:
        task().read([path])
    assert len(str(raised.value)) < 400
