"""Answers written to a file, one request after the other, in the format that the file's ending names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seqops.cli.answers import Records
from seqops.core.errors import DataError
from seqops.core.interfaces import Endpoint

if TYPE_CHECKING:
    import pandas as pd

Write = Callable[[Sequence[int], Records], None]
"""Write the records of a request; the first argument has the numbers of their inputs, from 1."""


@contextmanager
def _csv(path: Path, endpoint: Endpoint) -> Iterator[Write]:
    """Write a table row by row; its columns are those of the first request."""
    with path.open("w", encoding="utf-8", newline="") as file:
        columns: list[str] = []

        def write(numbers: Sequence[int], records: Records) -> None:
            table = endpoint.to_table(records, numbers)
            if columns and set(table.columns) != set(columns):
                fix = "Write them to a .jsonl or .parquet file."
                raise DataError(f"the answers from input {numbers[0]:,} on have other columns. {fix}")
            table.to_csv(file, index=False, header=not columns, columns=columns or None)
            columns[:] = table.columns

        yield write


@contextmanager
def _json_lines(path: Path, endpoint: Endpoint) -> Iterator[Write]:
    """Write a JSON record per line, as `--json` prints it."""
    with path.open("w", encoding="utf-8", newline="\n") as file:

        def write(numbers: Sequence[int], records: Records) -> None:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)

        yield write


@contextmanager
def _parquet(path: Path, endpoint: Endpoint) -> Iterator[Write]:
    """Write a table at the end, when the columns of all answers are known."""
    import pandas as pd

    tables: list[pd.DataFrame] = []
    yield lambda numbers, records: tables.append(endpoint.to_table(records, numbers))
    pd.concat(tables, ignore_index=True).to_parquet(path, index=False)


FORMATS: dict[str, Callable[[Path, Endpoint], AbstractContextManager[Write]]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
"""How answers are written, by the ending of the file."""
