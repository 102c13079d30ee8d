"""BLEU and chrF with multiple references, from the per-sentence statistics of sacreBLEU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics import BLEU, CHRF

from seqops.core.score import PERCENT, Score

Sums = npt.NDArray[np.float64]
ORDERS = 4


def bleu(hypotheses: Sequence[str], references: Sequence[Sequence[str]], tokenizer: str = "13a") -> Score:
    """Return corpus BLEU, 0 to 100 (Papineni et al. 2002; Post 2018), mixed case.

    references: all references of each hypothesis; tokenizer: a name that sacreBLEU knows. Equals sacreBLEU's
    corpus score if any hypothesis has four tokens; otherwise only the n-gram orders that occur are used, as
    in its sentence score.
    """
    return _score("bleu", BLEU(tokenize=tokenizer), _bleu, hypotheses, references)


def chrf(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """Return corpus chrF2, 0 to 100 (Popović 2015), of each hypothesis against its best reference."""
    return _score("chrf", CHRF(), _chrf, hypotheses, references)


def _score(
    name: str, metric: Any, value: Any, hypotheses: Sequence[str], references: Sequence[Sequence[str]]
) -> Score:
    """Compute sacreBLEU's statistics; it takes streams, the i-th with each row's i-th reference."""
    count = max(len(row) for row in references)
    streams = [[row[i] if i < len(row) else None for row in references] for i in range(count)]
    statistics = metric._extract_corpus_statistics(list(hypotheses), streams)
    signature = metric.get_signature().format()
    return Score(name, np.asarray(statistics, np.float64), value, True, signature, limits=PERCENT)


def _bleu(sums: Sums) -> Sums:
    """Compute BLEU from sums (..., 10): lengths of hypothesis and reference, matches and totals per order."""
    ours, theirs = sums[..., 0], sums[..., 1]
    matches, totals = sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    missed = (matches == 0) & (totals > 0)
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), matches)  # NIST's "exp"
    logs = np.log(np.where(totals > 0, smoothed / np.maximum(totals, 1), 1.0))
    mean = logs.sum(-1) / np.maximum((totals > 0).sum(-1), 1)
    brevity = np.exp(np.minimum(0.0, 1.0 - theirs / np.maximum(ours, 1e-9)))
    return np.where(matches.any(-1), 100 * brevity * np.exp(mean), 0.0)


def _chrf(sums: Sums) -> Sums:
    """Compute chrF with beta 2 from sums (..., 18): n-grams of hypothesis, reference and both per order."""
    ours, theirs, both = (sums[..., i::3] for i in range(3))
    counted = (ours > 0) & (theirs > 0)
    orders = np.maximum(counted.sum(-1), 1)
    precision = np.where(counted, both / np.maximum(ours, 1), 0.0).sum(-1) / orders
    recall = np.where(counted, both / np.maximum(theirs, 1), 0.0).sum(-1) / orders
    score: Sums = 500 * precision * recall / np.maximum(4 * precision + recall, 1e-16)
    return score
