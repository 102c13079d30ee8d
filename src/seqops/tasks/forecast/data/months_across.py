"""Tables with a row for each year and a column for each month, as statistical offices publish them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from seqops.core.errors import DataError

MONTHS = (
    "jan|gen|ene", "feb|fe[vé]|fév", "mar|mär|mrz|maa", "apr|avr|abr", "ma[yigj]|mei", "jun|juin|giu",
    "jul|juil|lug", "aug|ao[uû]|ago", "sep|set", "o[ckt]t|out", "nov", "de[cz]|déc|dic",
)  # fmt: skip
"""How the names of the months begin in languages of Western Europe."""
YEAR = re.compile(r"(1[5-9]|20)\d\d")


def refuse_months_across(path: Path, header: Sequence[str], date: str, dates: Sequence[str]) -> None:
    """Raise DataError if the dates are years and twelve columns in a row are called as the months.

    date: the name of the column of dates. The error has a command that writes a row for each month.
    """
    first = next((at for at in range(len(header) - 11) if _are_months(header[at : at + 12])), None)
    if first is None or not all(map(YEAR.fullmatch, dates)):
        return
    table = f"t = pandas.read_csv({path.name!r}, sep=None, engine='python', skipinitialspace=True)"
    months = f"[f'{{year}}-{{month:02}}' for year in t[{date!r}] for month in range(1, 13)]"
    values = f"t.loc[:, {header[first]!r}:{header[first + 11]!r}].to_numpy().ravel()"
    rows = f"pandas.DataFrame({{'month': {months}, 'value': {values}}}).dropna()"
    code = f"import pandas; {table}; {rows}.to_csv('by-month.csv', index=False)"
    raise DataError.at(
        path,
        1,
        "a row for each year and a column for each month would be twelve series of years",
        f'Write a row for each month: python -c "{code}". If those are twelve series, set data.values.',
    )


def _are_months(names: Sequence[str]) -> bool:
    return all(
        re.fullmatch(rf"0?{number}|{number}월|({begin})\w*\.?", name.strip().lower())
        for number, (name, begin) in enumerate(zip(names, MONTHS, strict=True), 1)
    )
