"""Decimal signs and thousands separators: read as stated, never half, and refused if ambiguous."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.core.errors import DataError
from seqops.preprocessing.csv_table import parse_number
from seqops.preprocessing.number_format import PLAIN, NumberFormat

HERE = Path("sales.csv")
FORMATS = [
    NumberFormat(decimal, thousands)
    for decimal in (".", ",")
    for thousands in ("", ".", ",", " ", "'")
    if thousands != decimal
]


@pytest.mark.parametrize(
    ("form", "cell", "value"),
    [
        (PLAIN, "-1.5e3", -1500.0),
        (NumberFormat(",", ""), "284,5", 284.5),
        (NumberFormat(",", "."), "-1.234.567,25", -1234567.25),
        (NumberFormat("auto", "."), "1.009", 1009.0),
        (NumberFormat("auto", "."), "921,6", 921.6),
        (NumberFormat("auto", ","), "1,009.5", 1009.5),
        (NumberFormat(".", " "), "12\u202f345.5", 12345.5),
        (NumberFormat(".", "'"), "1'009", 1009.0),
    ],
)
def test_a_number_is_read_as_the_format_says(form, cell, value):
    assert parse_number(HERE, 2, cell, "n", form) == value


@pytest.mark.parametrize(
    ("form", "cell", "fix"),
    [
        (PLAIN, "284,5", 'set data.decimal: ","'),
        (PLAIN, "1,009", 'Set data.thousands: ","'),
        (PLAIN, "1.234.567", "set data.thousands"),
        (PLAIN, "many", "Write numbers as 1234.5"),
        (NumberFormat(",", ""), "284.5", "as data.decimal and data.thousands say"),
        (NumberFormat(",", "."), "1.2", "as data.decimal and data.thousands say"),
        (NumberFormat(",", "."), "12.34.567", "as data.decimal and data.thousands say"),
        (NumberFormat(",", "."), "1,2,3", "as data.decimal and data.thousands say"),
        (NumberFormat(".", ","), "1.5,000", "as data.decimal and"),
        (NumberFormat(".", ","), "0,501", "as data.decimal and"),
        (None, "284,5", "Write numbers as 1234.5"),
    ],
)
def test_another_format_is_refused_with_the_key_to_set(form, cell, fix):
    with pytest.raises(DataError, match=rf"sales.csv:2: '{cell}' in column 'n' is not a number\..*({fix})"):
        parse_number(HERE, 2, cell, "n", form)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["908", "1.009", "1.073"], "1.009"),
        (["908", "1,009"], "1,009"),
        (["0.125", "3", "1.009"], None),
        (["10.423", "11.546"], None),
        (["9.5", "3", "1.009"], None),
        (["1009", "3", "1.009"], None),
    ],
)
def test_numbers_are_ambiguous_if_all_from_1000_on_have_the_sign(cells, found):
    auto = NumberFormat("auto", "")
    assert auto.ambiguous(cells) == found
    assert PLAIN.ambiguous(cells) is None


@given(st.sampled_from(FORMATS), st.decimals(-(10**9), 10**9, places=3))
def test_a_formatted_number_is_read_back(form, number):
    signs = {",": form.thousands, ".": form.sign}
    text = "".join(signs.get(character, character) for character in f"{number:,}")
    assert parse_number(HERE, 2, text, "n", form) == float(number)
