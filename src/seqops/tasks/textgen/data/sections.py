"""Natural parts of a text, such as chapters: where they begin, and splits along their borders."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator

from seqops.core.errors import DataError, quoted
from seqops.preprocessing.splitting import SPLITS

Ints = npt.NDArray[np.integer[Any]]
MIN_SECTIONS = len(SPLITS)
MAX_DEVIATION = 2.0
"""Factor by which the borders may make a split larger or smaller than its share of the text."""


def _checked(pattern: str) -> str:
    """Return a pattern, or raise ValueError if it is no regular expression or matches an empty line."""
    try:
        _search(["\n"], pattern)
        if pattern and _begin_with(["\n"], pattern)[0]:
            raise ValueError(f"{quoted(pattern)} matches an empty line. Give the words that begin a section")
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        raise ValueError(f"{quoted(pattern)} is not a regular expression of RE2: {reason}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_checked)]
"""A regular expression of RE2, whose time is linear in the text, or nothing."""


def section_of(table: pd.DataFrame, pattern: str) -> Ints:
    """Return the number of the section of each row, from 0: (n,).

    A section begins at a line that begins with the pattern, and with every file.
    """
    line_begins = table["text"].str.endswith("\n").shift(fill_value=True).to_numpy(np.bool_)
    named = _begin_with(table["text"].tolist(), pattern)
    begins = line_begins & (named | (table["line"] == 1).to_numpy())
    begins[:1] = True
    return np.cumsum(begins) - 1


def require_sections(sections: Ints, lengths: Ints, passage: int) -> None:
    """Raise DataError if there are fewer than three sections, or if they are shorter than a passage."""
    number, characters = int(sections.max()) + 1, int(lengths.sum())
    if number < MIN_SECTIONS:
        raise DataError(
            f"the text has {number} of the {MIN_SECTIONS} sections that three splits need. "
            "Give data.section a pattern that begins more lines, or leave it empty."
        )
    if characters < number * passage:
        raise DataError(
            f"the text has {number} sections of {characters / number:.0f} characters on average, less "
            f"than the {passage} of a passage (data.passage). Give data.section a pattern that begins fewer "
            "lines."
        )


def split_at_borders(sections: Ints, lengths: Ints, validation: float, test: float) -> npt.NDArray[np.str_]:
    """Return the split of each row, cut at the borders that bring test, then validation nearest to its share.

    sections: of each row, three or more; lengths: characters of each row. Raises DataError if the borders
    leave a split of more than twice or less than half its share.
    """
    sizes = np.bincount(sections, lengths)
    ends = np.cumsum(sizes) / sizes.sum()
    first_test = _nearest(ends, 1.0 - test, 2, len(sizes) - 1)
    first_validation = _nearest(ends, ends[first_test - 1] - validation, 1, first_test - 1)
    names = np.select([sections >= first_test, sections >= first_validation], ["test", "validation"], "train")
    for name, share in (("validation", validation), ("test", test)):
        found = float(lengths[names == name].sum() / lengths.sum())
        if not share / MAX_DEVIATION <= found <= share * MAX_DEVIATION:
            raise DataError(
                f"the borders of the {len(sizes)} sections make the {name} split {found:.1%} of the text, "
                f"instead of {share:.1%}. Set data.{name} near {found:.2g}, or give data.section a pattern "
                "with more sections."
            )
    return names


def at_the_end(sections: Ints, lengths: Ints, share: float) -> npt.NDArray[np.bool_]:
    """Return which rows are in the last sections, as many as come nearest to a share of the text: (n,).

    sections: of each row, ascending. Raises DataError for a single section.
    """
    _, numbers = np.unique(sections, return_inverse=True)
    sizes = np.bincount(numbers, lengths)
    if len(sizes) < 2:
        raise DataError(
            "the training text has one section, too few to hold some out for validation. Name a file for "
            "validation in source, or leave data.section empty."
        )
    first = _nearest(np.cumsum(sizes) / sizes.sum(), 1.0 - share, 1, len(sizes) - 1)
    return np.asarray(numbers >= first)


def _begin_with(lines: list[str], pattern: str) -> npt.NDArray[np.bool_]:
    return _search(lines, f"^(?:{pattern})")


def _search(lines: list[str], pattern: str) -> npt.NDArray[np.bool_]:
    found = pc.match_substring_regex(pa.array(lines, pa.string()), pattern=pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def _nearest(ends: npt.NDArray[np.float64], share: float, lowest: int, highest: int) -> int:
    """Return the section, of those from `lowest` to `highest`, that begins nearest to a share of the text."""
    begins = ends[lowest - 1 : highest]
    return lowest + int(np.argmin(np.abs(begins - share)))
