"""What the columns of a table are: dates, the names of series, kinds of series, and figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqops.core.errors import DataError
from seqops.inspection.tables import are_numbers
from seqops.preprocessing.csv_table import MISSING, is_index
from seqops.preprocessing.number_format import AUTO, GROUPED, NumberFormat
from seqops.tasks.forecast.data.series_column import PART, series_column
from seqops.tasks.forecast.data.stamps import is_date, readings

FRACTIONS = """--set 'data.decimal=","' --set 'data.thousands=""'"""
SIGNS = {".": "a point", ",": "a comma"}
FORMATS = (
    NumberFormat(".", ","), NumberFormat(",", ""), NumberFormat(",", "."),
    NumberFormat(",", " "), NumberFormat(".", " "), NumberFormat(".", "'"),
)  # fmt: skip
TIME = re.compile(
    r"(date|datum|fecha|time|timestamp|period|month|year|quarter|week|day|ds|dt|날짜|일자|日期)s?", re.I
)
"""What columns of dates are called that are written as plain numbers: 202401, 1700000000."""

IDENTIFIER = re.compile(r"(?i:(.*[ _.-])?(id|code|key|sku|zip|plz))|.*[a-z](Id|ID)")
"""What columns are called whose whole numbers name something."""
THING = re.compile(r"(?i:store|shop|branch|item|product|customer)")
"""What they are called if few numbers repeat; `customer` may also be how many there were."""
COUNTER = re.compile(r"(?i:index|row|no|nr)")
"""What running numbers are called; other numbers may be an index of prices, or nitric oxide (NO)."""
REPEATS = 5
"""Rows for each different number, at least, of a column that names things."""

Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Roles:
    """The columns of a table by their use.

    series: empty for one series; unused: neither dates nor numbers; left_out: numbers that are constant in
    each series, or name something.
    """

    date: str
    figures: tuple[str, ...]
    series: str = ""
    static: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def roles_of(columns: Columns, named: bool = True) -> Roles | None:
    """Tell the columns of a table apart; None if it has no dates or positions, or no figures.

    named: whether a header names them, so that some can be left out.
    """
    every = list(columns)
    if is_index(every[0], columns[every[0]]) and len(every) > 2:
        every = every[1:]
    kept = [name for name in every if name or any(columns[name])]
    date = next((name for name in kept if _are_dates(name, columns[name])), "")
    if not date and are_positions(columns[kept[0]]) and all(are_numbers(columns[name]) for name in kept):
        date = kept[0]
    elif not date:
        return None
    figures = [name for name in kept if name != date and are_numbers(columns[name])]
    texts = [name for name in kept if name not in (date, *figures)]
    series = series_column({name: columns[name] for name in (*texts, *figures)}, columns[date])
    figures = [name for name in figures if name != series]
    if not figures:
        return None
    one = columns[series] if series else [""] * len(columns[date])
    left_out = [name for name in figures if _is_no_figure(name, columns[name], one)]
    if len(left_out) == len(figures) or not named:
        left_out = []
    figures = [name for name in figures if name not in left_out]
    others = [name for name in texts if name != series]
    static = [name for name in others if series and _is_constant_in(columns[series], columns[name])]
    unused = [name for name in others if name not in static]
    return Roles(date, tuple(figures), series, tuple(static), tuple(unused), tuple(left_out))


def number_format(cells: Iterable[str]) -> tuple[NumberFormat, str]:
    """Return the format in which all cells are numbers, and what to check where it does not show.

    Where all numbers with a sign may be thousands or fractions, smaller numbers without it show thousands.
    """
    known = [cell for cell in cells if cell.lower() not in MISSING]
    if cell := AUTO.ambiguous(known):
        grouped = NumberFormat(".", ",") if "," in cell else NumberFormat(",", ".")
        sign = SIGNS[grouped.thousands]
        return grouped, f"{sign} may separate thousands or a fraction; it is taken to separate thousands"
    fitting = (form for form in (AUTO, *FORMATS) if all(is_read(form, cell) for cell in known))
    if (form := next(fitting, None)) is None:
        return AUTO, _unlike(known)
    if all(map(GROUPED.fullmatch, known)):
        sign, taken = ("," if form.thousands == "," else "."), "thousands" if form.thousands else "a fraction"
        option = FRACTIONS if form.thousands else "--set data.thousands=."
        return form, f"{SIGNS[sign]} in {known[0]} is taken to separate {taken}; if it does not: {option}"
    return form, ""


def _unlike(cells: Sequence[str]) -> str:
    """Say that numbers are not all written alike, by the two that differ first."""
    readings = [form for form in (AUTO, *FORMATS) if is_read(form, cells[0])]
    other = next((cell for cell in cells if not any(is_read(form, cell) for form in readings)), cells[-1])
    return f"numbers are not all written alike, as {cells[0]} and {other}: write them as 1234.5"


def is_read(form: NumberFormat, cell: str) -> bool:
    """Return whether a cell is a number in a format."""
    try:
        float(form.plain(cell))
    except ValueError:
        return False
    return True


def _are_dates(name: str, cells: Sequence[str]) -> bool:
    if not is_date(cells[0]) and not TIME.fullmatch(name.strip()):
        return False
    try:
        return bool(readings(Path(name), range(len(cells)), cells, ""))
    except DataError:
        return False


def are_positions(cells: Sequence[str]) -> bool:
    """Return whether whole numbers increase by equal steps."""
    if len(cells) < 3 or not all(cell.isdecimal() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    step = numbers[1] - numbers[0]
    return step > 0 and numbers == list(range(numbers[0], numbers[0] + step * len(numbers), step))


def _is_no_figure(name: str, cells: Sequence[str], series: Sequence[str]) -> bool:
    """Return whether numbers are constant in each series, or whole and a part of a date or a name."""
    if _is_constant_in(series, cells):
        return True
    if not all(cell.isdecimal() for cell in cells):
        return False
    if PART.fullmatch(name.strip()):
        return True
    if THING.fullmatch(name.strip()):
        return REPEATS * len({*cells}) <= len(cells)
    if COUNTER.fullmatch(name.strip()):
        return _counts_rows(series, cells)
    return IDENTIFIER.fullmatch(name.strip()) is not None


def _counts_rows(series: Sequence[str], cells: Sequence[str]) -> bool:
    """Return whether each number is one more than the one before it, in the table or in each series."""
    last: dict[str, int] = {}
    in_each = True
    for name, number in zip(series, map(int, cells), strict=True):
        in_each = in_each and number == last.get(name, number - 1) + 1
        last[name] = number
    first = int(cells[0])
    return in_each or [int(cell) for cell in cells] == list(range(first, first + len(cells)))


def _is_constant_in(series: Sequence[str], cells: Sequence[str]) -> bool:
    return len({*zip(series, cells, strict=True)}) == len({*series}) and "" not in cells
