"""Whether files hold sequences with a label at each step, and the settings that read them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from seqops.core.errors import quoted
from seqops.inspection.files import InputFile
from seqops.inspection.guess import LIKELY, Guess
from seqops.inspection.tables import Table, are_numbers
from seqops.preprocessing.csv_table import is_index


def detect(files: Sequence[InputFile]) -> Guess | None:
    """Take files for labelled steps: a column of names in runs, one of 0 and 1, and numbers."""
    if any(file.members or file.encoding != "utf-8" for file in files):
        return None
    table = Table.of(files[0])
    if table is None or not table.named:
        return None
    columns = {name: cells for name, cells in table.columns.items() if not is_index(name, cells)}
    labels = [name for name, cells in columns.items() if {*cells} == {"0", "1"}]
    label = next((name for name in labels if name.lower() in ("label", "y", "target", "class")), labels[-1:])
    if not label:
        return None
    label = label if isinstance(label, str) else label[0]
    sequence = next((n for n, cells in columns.items() if n != label and _are_runs(cells)), None)
    figures = [n for n, cells in columns.items() if n not in (label, sequence) and are_numbers(cells)]
    others = [n for n in columns if n not in (label, sequence, *figures)]
    if sequence is None or not figures:
        return None
    lengths = [len([*run]) for _, run in groupby(columns[sequence])]
    values = {
        "data.sequence": sequence,
        "data.values": figures if others else [],
        "data.label": label,
        "data.max_length": max(1000, -(-max(lengths) // 1000) * 1000),
    }
    reasons = (
        table.described,
        f"{len(lengths):,} sequences in {quoted(sequence)}, labels in {quoted(label)}",
        f"figures in {', '.join(figures)[:80]}",
    )
    return Guess(LIKELY, "sequences with a label at each step", reasons, values)


def _are_runs(cells: Sequence[str]) -> bool:
    """Return whether each value stands in consecutive rows, two on average at least."""
    runs = [name for name, _ in groupby(cells)]
    return "" not in runs and len({*runs}) == len(runs) > 2 and 2 * len(runs) <= len(cells)
