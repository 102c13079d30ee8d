"""What decided a study, as a table for the terminal and the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seqops.tuning.finalists import Finalist, select_winner
from seqops.tuning.session import Session, format_values


@dataclass(frozen=True)
class Summary:
    """The finalists and the decision; rows_used: which validation rows decided; outcome: in one sentence."""

    title: str
    rows_used: str
    head: tuple[str, ...]
    table: list[tuple[str, ...]]
    outcome: str


def summarize(session: Session, tried: Sequence[Finalist]) -> Summary:
    """Summarize the comparison of the finalists with the present values, which are the first of them."""
    goal, seeds, name = session.task.metrics().goal.metric, session.tuning.finalist_seeds, session.task.name
    held_out, best = session.holdout.held_out is not None, select_winner(tried)
    where = "held-out" if held_out else "selection"
    return Summary(
        f"{goal} on the {where} validation rows over {seeds} other seeds",
        session.holdout.described(session.task.fit_config.validation_rows),
        ("", "values", "score in its trial", "mean", "standard deviation", "improvement", "p", "outcome"),
        [_row(finalist, finalist is best) for finalist in tried],
        _outcome(name, tried, best, held_out),
    )


def _row(finalist: Finalist, winner: bool) -> tuple[str, ...]:
    numbers = [_number(x) for x in (finalist.first, finalist.mean, finalist.spread)]
    return (finalist.label, format_values(finalist.values), *numbers, *_compared(finalist, winner))


def _compared(finalist: Finalist, winner: bool) -> tuple[str, str, str]:
    """Return the improvement with its interval, the corrected p-value, and the outcome."""
    found = finalist.comparison
    if found is None:
        return "", "", "stays" if winner else "replaced"
    rows, improvement = found.rows, ""
    if rows is not None and math.isfinite(rows.value):
        bounds = "" if rows.low is None else f" [{_number(rows.low)}, {_number(rows.high)}]"
        improvement = f"{_number(rows.value)}{bounds}"
    if found.reason:
        return improvement, "", f"not tested: {found.reason}"
    outcome = "winner" if winner else "better" if found.better else "not significantly better"
    return improvement, "< 0.001" if found.p < 0.001 else f"{found.p:.3f}", outcome


def _outcome(name: str, tried: Sequence[Finalist], best: Finalist, held_out: bool) -> str:
    if best is not tried[0]:
        return f"{best.label} of {name} is significantly better than the present values on the held-out rows."
    if not held_out:
        return f"no trial of {name} can replace its values, because no validation rows are held out."
    if len(tried) == 1:
        return f"no trial of {name} with other values is among the finalists."
    return f"no trial of {name} is significantly better than its values on the held-out rows."


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
