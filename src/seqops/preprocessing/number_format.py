"""Decimal signs and thousands separators."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Decimal = Literal["auto", ".", ","]
Thousands = Literal["", ".", ",", " ", "'"]

GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?P<sign>[.,])\d{3}", re.ASCII)
"""A number that may be a thousand or a fraction: 1.009, 1,009."""
FRACTION = re.compile(r"(\d+([eE][+-]?\d+)?)?", re.ASCII)
GROUP = re.compile(r"\d{3}", re.ASCII)
SMALL = re.compile(r"[+-]?\d{1,3}", re.ASCII)
WORDS = "Write numbers as 1234.5, without thousands separators or units."


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written; decimal `auto`: a point, or a comma if the point separates thousands."""

    decimal: Decimal
    thousands: Thousands

    @property
    def sign(self) -> str:
        """Return the decimal sign."""
        return self.decimal if self.decimal != "auto" else "," if self.thousands == "." else "."

    def plain(self, cell: str) -> str:
        """Rewrite a number as `float` reads it. Raises ValueError for signs or groups out of place."""
        if self.sign == "." and not self.thousands:
            return cell
        whole, sign, rest = cell.partition(self.sign)
        if self.thousands == " ":
            # spaces that do not break lines separate thousands as well
            whole = re.sub("[\u00a0\u202f]", " ", whole)
        first, *groups = whole.split(self.thousands) if self.thousands else [whole]
        grouped = not groups or (
            re.fullmatch(r"[+-]?[1-9]\d{0,2}", first, re.ASCII) and all(map(GROUP.fullmatch, groups))
        )
        if not grouped or "." in first or not FRACTION.fullmatch(rest):
            raise ValueError(cell)
        return "".join([first, *groups]) + (f".{rest}" if sign else "")

    def ambiguous(self, cells: Iterable[str]) -> str | None:
        """Return a number that may be a thousand or a fraction, if all with its sign may be; else None.

        So it is in 908, 1.009, 1.073: every number from 1000 on has the sign, and no smaller one has.
        """
        if self.decimal != "auto" or self.thousands:
            return None
        found, small = None, False
        for cell in cells:
            if SMALL.fullmatch(cell):
                small = True
            elif GROUPED.fullmatch(cell):
                found = found or cell
            else:
                return None
        return found if small else None

    def fix(self, cell: str) -> str:
        """Say how a cell that is not a number in this format could be read or written."""
        if GROUPED.fullmatch(cell) and not self.thousands:
            return f"Set {self.wanted(cell)}."
        if self.sign != "." or self.thousands:
            return "Write numbers as data.decimal and data.thousands say."
        if re.fullmatch(r"[+-]?[\d.' \u00a0\u202f]*,\d+", cell):
            return 'For decimal commas, set data.decimal: ","; for other signs, data.thousands.'
        if re.fullmatch(r"[+-]?\d{1,3}([., '\u00a0\u202f]\d{3})+([.,]\d+)?", cell):
            return "For separated thousands, set data.thousands (and data.decimal)."
        return WORDS

    def wanted(self, cell: str) -> str:
        """Name the keys that tell a thousand from a fraction."""
        found = GROUPED.fullmatch(cell)
        sign = found["sign"] if found else self.sign
        return (
            f'data.thousands: "{sign}" if {cell} is above 999, or data.decimal: "{sign}" if it is a fraction'
        )


PLAIN = NumberFormat(".", "")
"""A point before the fraction, and no separated thousands."""
AUTO = NumberFormat("auto", "")
