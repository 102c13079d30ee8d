"""BLEU and chrF over all references of a source, from sacreBLEU's own per-sentence statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics import BLEU, CHRF

from seqops.core.score import Score

Sums = npt.NDArray[np.float64]
ORDERS = 4


def bleu(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """Return corpus BLEU, 0 to 100 (Papineni et al. 2002; Post 2018), 13a tokens, mixed case.

    references: all of each hypothesis. Equals sacreBLEU's corpus score wherever some hypothesis has four
    tokens; shorter ones alone are scored by the orders that they have, as its sentence score does.
    """
    return _score("bleu", BLEU(), _bleu, hypotheses, references)


def chrf(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """Return corpus chrF2, 0 to 100 (Popović 2015), of each hypothesis against its best reference."""
    return _score("chrf", CHRF(), _chrf, hypotheses, references)


def _score(
    name: str, metric: Any, value: Any, hypotheses: Sequence[str], references: Sequence[Sequence[str]]
) -> Score:
    """Ask sacreBLEU for the statistics: it takes streams, the i-th holding each row's i-th reference."""
    most = max(len(row) for row in references)
    streams = [[row[i] if i < len(row) else None for row in references] for i in range(most)]
    statistics = metric._extract_corpus_statistics(list(hypotheses), streams)
    return Score(name, np.asarray(statistics, np.float64), value, True, metric.get_signature().format())


def _bleu(sums: Sums) -> Sums:
    """Map (..., 10) hypothesis and reference lengths, matches and totals of each order, to BLEU."""
    ours, theirs = sums[..., 0], sums[..., 1]
    matches, totals = sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    missed = (matches == 0) & (totals > 0)
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), matches)  # NIST's "exp"
    logs = np.log(np.where(totals > 0, smoothed / np.maximum(totals, 1), 1.0))
    mean = logs.sum(-1) / np.maximum((totals > 0).sum(-1), 1)
    brevity = np.exp(np.minimum(0.0, 1.0 - theirs / np.maximum(ours, 1e-9)))
    return np.where(matches.any(-1), 100 * brevity * np.exp(mean), 0.0)


def _chrf(sums: Sums) -> Sums:
    """Map (..., 18) n-grams of hypothesis, reference and both, of each order, to chrF with beta 2."""
    ours, theirs, both = (sums[..., i::3] for i in range(3))
    counted = (ours > 0) & (theirs > 0)
    orders = np.maximum(counted.sum(-1), 1)
    precision = np.where(counted, both / np.maximum(ours, 1), 0.0).sum(-1) / orders
    recall = np.where(counted, both / np.maximum(theirs, 1), 0.0).sum(-1) / orders
    score: Sums = 500 * precision * recall / np.maximum(4 * precision + recall, 1e-16)
    return score
