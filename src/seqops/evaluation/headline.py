"""The few numbers of an evaluation that `dvc metrics show`, `dvc metrics diff` and `dvc exp show` print."""

from __future__ import annotations

from typing import Any

from seqops.evaluation import ablations, seeds
from seqops.evaluation.evaluate import EvaluationResult, best_baseline
from seqops.metrics.training_gain import TrainingGain

WORDS = {"loses to": "loses", "undecided": "untested"}
"""The outcomes of a comparison whose column has another word."""
DIGITS, DIGITS_OF_LEAD = 4, 3  # significant ones


def headline(result: EvaluationResult) -> dict[str, Any]:
    """Return the content of metrics.json: the goal's score and the comparison with the best baseline, flat.

    The name and the score of the best baseline are a list, which DVC does not print.
    """
    metrics, goal = result.metrics, result.metrics["goal"]
    score, (best, best_value) = metrics["model"][goal], best_baseline(metrics)
    against = next((c for c in result.comparisons if c.name == best), None)
    p = against.difference.p_better if against else None
    return {
        "goal": goal,
        "value": _rounded(score["value"]),
        "low": _rounded(score["low"]),
        "high": _rounded(score["high"]),
        "n": metrics["n_test"],
        "seeds": len(metrics.get("seeds", {"seeds": [None]})["seeds"]),
        "best_baseline": [best, _rounded(best_value)] if against else None,
        "lead": _rounded(against.difference.value, DIGITS_OF_LEAD) if against else None,
        "p": None if p is None else round(p, DIGITS),
        "verdict": _verdict(result, best),
    }


def sentences(result: EvaluationResult, training: TrainingGain) -> list[str]:
    """Return the verdict, and the advice and the summaries of ablations and seeds that are not part of it."""
    verdict: str = result.metrics["verdict"]
    more = training.advice, ablations.summary(result.metrics), seeds.summary(result.metrics)
    return [verdict, *(line for line in more if line not in verdict)]


def _verdict(result: EvaluationResult, best: str) -> str:
    """Return the outcome against the best baseline in a word; `untrained` if training did not help."""
    if result.untrained:
        return "untrained"
    outcome = next((c.summary(result.alpha) for c in result.comparisons if c.name == best), None)
    return "no baseline" if outcome is None else WORDS.get(outcome, outcome)


def _rounded(value: float | None, digits: int = DIGITS) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")
