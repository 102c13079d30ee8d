"""Great Expectations over a table: what holds, what is bad data, and what could not be checked."""

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

from seqops.core.interfaces import Expectation

State = Literal["passed", "bad data", "broken check"]
LINE = "line"
SHOWN = 5


@dataclass(frozen=True)
class ExpectationResult:
    """What became of one expectation.

    count: offending rows (0 where the expectation speaks of the table as a whole); rows: the first of
    them, each with its raw `line`; note: what was observed instead, or why the check broke.
    """

    expectation: Expectation
    state: State
    count: int
    rows: tuple[Mapping[str, Any], ...]
    note: str

    @property
    def passed(self) -> bool:
        """Tell whether the promise is kept."""
        return self.state == "passed"

    def summary(self) -> str:
        """Say in a line what was expected, and what is there instead."""
        rows = "; ".join(_shown(row) for row in self.rows[:1]) or self.note
        count = f"{self.count} rows, the first " if self.count else ""
        return f"{self.state}: expected {self.expectation.meaning}; found {count}{rows}"

    def to_json(self) -> dict[str, Any]:
        """Put it to plain JSON."""
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
    """What became of every expectation, over a table of so many rows."""

    rows: int
    results: tuple[ExpectationResult, ...]

    @property
    def passed(self) -> bool:
        """Tell whether every promise is kept."""
        return all(outcome.passed for outcome in self.results)

    def verdict(self) -> str:
        """Say how many promises do not hold, and whose fault that is."""
        bad = sum(outcome.state == "bad data" for outcome in self.results)
        broken = sum(outcome.state == "broken check" for outcome in self.results)
        said = []
        if bad:
            said.append(f"{bad} of {len(self.results)} expectations are not met. Mend the rows named above.")
        if broken:
            said.append(f"{broken} checks could not be made. Mend the checks named above, not the data.")
        return " ".join(said)

    def to_json(self) -> dict[str, Any]:
        """Put it to plain JSON, the same for the same table."""
        found = [outcome.to_json() for outcome in self.results]
        return {"rows": self.rows, "passed": self.passed, "expectations": found}

    def table(self) -> Table:
        """Draw what does not hold: which promise, how many rows, and the first of them by raw line."""
        table = Table(title="Expectations that do not hold")
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
    """Check every expectation, in the order given."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("table").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
    return ValidationReport(len(table), tuple(_check(batch, expectation) for expectation in expectations))


def _check(batch: Any, expectation: Expectation) -> ExpectationResult:
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": [LINE]}
    try:
        configured = ExpectationConfiguration(
            type=expectation.kind, kwargs=dict(expectation.arguments)
        ).to_domain_obj()
        found = batch.validate(configured, result_format=wanted).to_json_dict()
    # pydantic's v1 errors, which it raises for arguments it does not know, are ValueErrors
    except (GreatExpectationsError, ValueError, TypeError) as error:
        return ExpectationResult(expectation, "broken check", 0, (), " ".join(str(error).split()))
    broken = _exception_message(found["exception_info"])
    if broken:
        return ExpectationResult(expectation, "broken check", 0, (), broken)
    result = found["result"]
    if found["success"]:
        return ExpectationResult(expectation, "passed", 0, (), "")
    rows = tuple(_plain(row) for row in result.get("unexpected_index_list", [])[:SHOWN])
    return ExpectationResult(
        expectation, "bad data", int(result.get("unexpected_count", 0)), rows, _observed(result)
    )


def _exception_message(info: Mapping[str, Any]) -> str:
    """Read both shapes: one flat record, or one record a metric, keyed by the metric's name."""
    records = [info] if "raised_exception" in info else list(info.values())
    said = [" ".join(str(r["exception_message"]).split()) for r in records if r.get("raised_exception")]
    # one cause breaks several metrics, in the same words
    return "; ".join(dict.fromkeys(said))


def _observed(result: Mapping[str, Any]) -> str:
    if "partial_missing_list" in result:
        return f"missing: {', '.join(map(str, result['partial_missing_list']))}"
    if "details" in result:
        mismatched = result["details"].get("mismatched", result["details"])
        return "; ".join(f"{key}: {value}" for key, value in sorted(mismatched.items()))
    return f"observed: {result['observed_value']}" if "observed_value" in result else ""


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Make a row plain JSON, the line first."""
    ordered = {LINE: row.get(LINE), **{key: row[key] for key in sorted(row) if key != LINE}}
    return {key: _plain_cell(value) for key, value in ordered.items()}


def _plain_cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _shown(row: Mapping[str, Any]) -> str:
    cells = ", ".join(f"{key} {value!r:.60}" for key, value in row.items() if key != LINE)
    return f"line {row[LINE]}: {cells}"
