"""Validation of a table with Great Expectations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from rich.markup import escape
from rich.table import Table

from seqops.core.records import FILE, LINE, Expectation

CheckStatus = Literal["passed", "bad data", "broken check"]
MAX_ROWS = 5  # offending rows kept for each expectation


@dataclass(frozen=True)
class ExpectationResult:
    """The result of one expectation.

    count: offending rows (0 if the expectation is about the table as a whole); rows: the first of them, each
    with its raw `line`, and its `file` if there are several; note: what was observed instead, or why the
    check failed to run.
    """

    expectation: Expectation
    state: CheckStatus
    count: int
    rows: tuple[Mapping[str, Any], ...]
    note: str

    @property
    def passed(self) -> bool:
        """Return whether the expectation is met."""
        return self.state == "passed"

    def summary(self) -> str:
        """Summarize in one line what was expected and what was found."""
        rows = "; ".join(_shown(row) for row in self.rows[:1]) or self.note
        count = f"{self.count} rows, the first " if self.count else ""
        return f"{self.state}: expected {self.expectation.meaning}; found {count}{rows}"

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "kind": self.expectation.kind,
            "arguments": dict(self.expectation.arguments),
            "meaning": self.expectation.meaning,
            "state": self.state,
            "count": self.count,
            "rows": [dict(row) for row in self.rows],
            "note": self.note,
        }


@dataclass(frozen=True)
class ValidationReport:
    """The results of all expectations; rows: number of rows of the table."""

    rows: int
    results: tuple[ExpectationResult, ...]

    @property
    def passed(self) -> bool:
        """Return whether every expectation is met."""
        return all(outcome.passed for outcome in self.results)

    def verdict(self) -> str:
        """Count the failed expectations and broken checks, with what to fix."""
        bad = sum(outcome.state == "bad data" for outcome in self.results)
        broken = sum(outcome.state == "broken check" for outcome in self.results)
        sentences = []
        if bad:
            sentences.append(
                f"{bad} of {len(self.results)} expectations are not met. Fix the rows listed above."
            )
        if broken:
            sentences.append(f"{broken} checks failed to run. Fix the checks listed above, not the data.")
        return " ".join(sentences)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, equal for equal tables."""
        found = [outcome.to_json() for outcome in self.results]
        return {"rows": self.rows, "passed": self.passed, "expectations": found}

    def table(self) -> Table:
        """Return a table of the expectations that are not met, with the first offending rows."""
        table = Table(title="Expectations that are not met")
        table.add_column("expected")
        table.add_column("found")
        table.add_column("rows", justify="right")
        table.add_column("first offending rows")
        for outcome in self.results:
            if not outcome.passed:
                rows = "\n".join(_shown(row) for row in outcome.rows) or outcome.note
                count = str(outcome.count) if outcome.count else ""
                table.add_row(escape(outcome.expectation.meaning), outcome.state, count, escape(rows))
        return table


def run_expectations(table: pd.DataFrame, expectations: Sequence[Expectation]) -> ValidationReport:
    """Check every expectation in the given order."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("table").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
    index = [name for name in (FILE, LINE) if name in table]
    results = tuple(_check(batch, expectation, index) for expectation in expectations)
    return ValidationReport(len(table), results)


def _check(batch: Any, expectation: Expectation, index: Sequence[str]) -> ExpectationResult:
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": list(index)}
    try:
        configured = ExpectationConfiguration(
            type=expectation.kind, kwargs=dict(expectation.arguments)
        ).to_domain_obj()
        found = batch.validate(configured, result_format=wanted).to_json_dict()
    # pydantic v1 errors, raised for unknown arguments, are ValueErrors
    except (GreatExpectationsError, ValueError, TypeError) as error:
        return ExpectationResult(expectation, "broken check", 0, (), " ".join(str(error).split()))
    broken = _exception_message(found["exception_info"])
    if broken:
        return ExpectationResult(expectation, "broken check", 0, (), broken)
    result = found["result"]
    if found["success"]:
        return ExpectationResult(expectation, "passed", 0, (), "")
    rows = tuple(_plain(row) for row in result.get("unexpected_index_list", [])[:MAX_ROWS])
    return ExpectationResult(
        expectation, "bad data", int(result.get("unexpected_count", 0)), rows, _observed(result)
    )


def _exception_message(info: Mapping[str, Any]) -> str:
    """Return the messages of both layouts: one flat record, or one record per metric name."""
    records = [info] if "raised_exception" in info else list(info.values())
    messages = [" ".join(str(r["exception_message"]).split()) for r in records if r.get("raised_exception")]
    # one cause can break several metrics with the same message
    return "; ".join(dict.fromkeys(messages))


def _observed(result: Mapping[str, Any]) -> str:
    if "partial_missing_list" in result:
        return f"missing: {', '.join(map(str, result['partial_missing_list']))}"
    if "details" in result:
        mismatched = result["details"].get("mismatched", result["details"])
        return "; ".join(f"{key}: {value}" for key, value in sorted(mismatched.items()))
    return f"observed: {result['observed_value']}" if "observed_value" in result else ""


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a row to JSON values, the line and its file first."""
    first = {LINE: row.get(LINE), **({FILE: row[FILE]} if FILE in row else {})}
    ordered = {**first, **{key: row[key] for key in sorted(row) if key not in first}}
    return {key: _plain_cell(value) for key, value in ordered.items()}


def _plain_cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _shown(row: Mapping[str, Any]) -> str:
    cells = ", ".join(f"{key} {value!r:.60}" for key, value in row.items() if key not in (FILE, LINE))
    where = f"{row[FILE]}:{row[LINE]}" if FILE in row else f"line {row[LINE]}"
    return f"{where}: {cells}"
