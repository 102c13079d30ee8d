"""A row for each year and a column for each month: refused, with a command that turns it."""

import shlex
import subprocess
import sys

import pytest
from series import task

from seqops.core.errors import DataError

ENGLISH = "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec"
NAMES = [
    ENGLISH,
    "January,February,March,April,May,June,July,August,September,October,November,December",
    "1,2,3,4,5,6,7,8,9,10,11,12",
    "01,02,03,04,05,06,07,08,09,10,11,12",
    "Jän.,Feb.,Mär.,Apr.,Mai,Jun.,Jul.,Aug.,Sep.,Okt.,Nov.,Dez.",
    "janv,févr,mars,avr,mai,juin,juil,août,sept,oct,nov,déc",
    "enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre",
    "1월,2월,3월,4월,5월,6월,7월,8월,9월,10월,11월,12월",
]


def written(folder, months, year="Year", further=""):
    rows = [f"{y}," + ",".join(str(100 * (y - 2000) + m) for m in range(1, 13)) for y in (2000, 2001)]
    path = folder / "mine.csv"
    more = f",{further}" if further else ""
    path.write_text("\n".join([f"{year},{months}{more}", *(f"{row}{',7' if more else ''}" for row in rows)]))
    return path


@pytest.mark.parametrize("months", NAMES)
def test_it_is_refused_whatever_the_months_are_called(tmp_path, months):
    with pytest.raises(DataError, match=r"mine\.csv:1: a row for each year and a column for each month"):
        task(frequency="year").read([written(tmp_path, months.replace("Jän.", "Jan."))])


def test_the_command_of_the_error_writes_a_row_for_each_month(tmp_path):
    with pytest.raises(DataError) as caught:
        task(frequency="year").read([written(tmp_path, ENGLISH, further="Annual")])
    command = (
        str(caught.value).split("month: ", 1)[1].removesuffix(" If those are twelve series, set data.values.")
    )
    name, *arguments = shlex.split(command.rstrip("."))
    assert name == "python"
    subprocess.run([sys.executable, *arguments], cwd=tmp_path, check=True)
    table = task(frequency="month").read([tmp_path / "by-month.csv"])
    assert table["date"].tolist()[10:14] == ["2000-11", "2000-12", "2001-01", "2001-02"]
    assert table["value.value"].tolist() == [*range(1, 13), *range(101, 113)]


def test_twelve_columns_that_are_named_are_twelve_series(tmp_path):
    path = written(tmp_path, ENGLISH)
    table = task(frequency="year", values=tuple(ENGLISH.split(","))).read([path])
    assert table["value.Feb"].tolist() == [2.0, 102.0]


@pytest.mark.parametrize(("months", "stamp"), [(ENGLISH.replace("Feb", "Two"), ""), (ENGLISH, "-01-01")])
def test_other_tables_are_left_alone(tmp_path, months, stamp):
    path = written(tmp_path, months)
    path.write_text(
        path.read_text().replace("\n2000,", f"\n2000{stamp},").replace("\n2001,", f"\n2001{stamp},")
    )
    assert len(task(frequency="year").read([path])) == 2
