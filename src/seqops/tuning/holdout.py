"""Validation rows that only the finalists are compared on, apart from those that choose and stop trials."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqops.core.interfaces import Meta, Metrics
from seqops.core.ragged import Split
from seqops.core.score import Units, unit_of_row
from seqops.metrics.units import MIN_BLOCKS, MIN_UNITS

Rows = npt.NDArray[np.int64]
NEEDED = 2
"""Fewest units that choose and stop trials."""


@dataclass(frozen=True)
class Holdout:
    """The two parts of the validation rows.

    selection: the rows that trials are chosen and stopped on; held_out: the rows that the finalists are
    compared on, None if they are too few; description: which rows decide, in one or two sentences.
    """

    selection: Split
    held_out: Split | None
    description: str

    def described(self, validation_rows: int) -> str:
        """Return the description, and how many rows score a fit if `fit.validation_rows` are fewer."""
        if len(self.selection) <= validation_rows:
            return self.description
        return (
            f"{self.description} Each fit is scored on {validation_rows:,} of the former, drawn by its seed."
        )


def hold_out(validation: Split, metrics: Metrics, meta: Meta, share: float, seed: int) -> Holdout:
    """Hold out a share of the validation units; none if they are too few for a test.

    Independent units are drawn at random. Of units in order the last ones are held out, and the units before
    them that overlap with them are left out of both parts.
    """
    units = metrics.units(validation, meta)
    number = unit_of_row(units.groups, len(validation))
    total = int(number.max(initial=-1)) + 1
    count = round(share * total)
    chosen = _last(total, count, units.block) if units.block > 1 else _drawn(total, count, seed)
    first, second = (validation.take(np.flatnonzero(np.isin(number, part))) for part in chosen)
    if reason := _too_few(len(chosen[0]), len(chosen[1]), metrics.units(second, meta), share):
        return Holdout(
            validation,
            None,
            f"The validation rows are too few to hold any out: {reason} All "
            f"{_counted(len(validation), 'row')} choose and stop the trials, so that none can be compared "
            "with the present values, which stay.",
        )
    return Holdout(first, second, _description(units, first, second, len(validation), chosen))


def _drawn(total: int, count: int, seed: int) -> tuple[Rows, Rows]:
    order = np.random.default_rng(seed).permutation(total)
    return np.sort(order[count:]), np.sort(order[:count])


def _last(total: int, count: int, block: int) -> tuple[Rows, Rows]:
    """Return the units that no held-out unit overlaps with, and the held-out ones."""
    start = total - count
    return np.arange(max(0, start - block + 1)), np.arange(start, total)


def _too_few(selection: int, held_out: int, units: Units, share: float) -> str:
    """Say which part is too small for its purpose, and what to do; an empty string if none is."""
    independent, parts = held_out // units.block, _counted(held_out, units.unit)
    needed = math.ceil(max(MIN_UNITS, MIN_BLOCKS * units.block) / share)
    advice = f"Give at least {_counted(needed, units.unit)} of validation."
    if units.block > 1 and independent < MIN_BLOCKS:
        return (
            f"{parts} would be held out, {independent} of them independent, and the test needs {MIN_BLOCKS}. "
            f"{advice}"
        )
    if held_out < MIN_UNITS:
        return f"{parts} would be held out, and the test needs {MIN_UNITS}. {advice}"
    if selection < NEEDED:
        return f"{_counted(selection, units.unit)} would be left to choose trials on. Lower tuning.holdout."
    return ""


def _description(
    units: Units, selection: Split, held_out: Split, rows: int, chosen: tuple[Rows, Rows]
) -> str:
    first, second = (
        _part(len(part), len(own), units.unit)
        for part, own in zip((selection, held_out), chosen, strict=True)
    )
    between = rows - len(selection) - len(held_out)
    left_out = f" The {between} between them, which depend on both parts, are in neither." if between else ""
    return (
        f"{first} of the validation split choose and stop the trials. {second} of it, which no trial "
        f"was chosen or stopped on, decide between the finalists and the present values.{left_out}"
    )


def _part(rows: int, units: int, unit: str) -> str:
    """Return the number of rows, and of units if these are not the same."""
    if rows == units:
        return _counted(units, unit)
    return f"{_counted(rows, 'row')} ({_counted(units, unit)})"


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'s' * (number != 1 and not unit.endswith('s'))}"
