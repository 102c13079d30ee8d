"""The learning rate schedule: warm-up and decay."""

from __future__ import annotations

import math

from seqops.core.settings import FitConfig


def learning_rate(fit_config: FitConfig, step: int, steps: int, drops: int) -> float:
    """Return the learning rate of a step.

    step: counted from the start of the stage; steps: in one epoch; drops: plateaus so far.
    """
    warm = fit_config.warmup_steps
    factor = _decayed(fit_config, step, steps, drops)
    if step < warm:
        factor *= (step + 1) / warm
    return fit_config.learning_rate * factor


def _decayed(fit_config: FitConfig, step: int, steps: int, drops: int) -> float:
    rate, warm = fit_config.decay.rate, fit_config.warmup_steps
    part = min(max(step - warm, 0) / max(fit_config.epochs * steps - warm, 1), 1.0)
    match fit_config.decay.kind:
        case "exponential":
            return float(rate ** (step / steps))
        case "cosine":
            return rate + (1 - rate) * 0.5 * (1 + math.cos(math.pi * part))
        case "linear":
            return rate + (1 - rate) * (1 - part)
        case "inverse_sqrt":
            return max(rate, math.sqrt(max(warm, 1) / max(step + 1, warm, 1)))
        case "plateau":
            return float(rate**drops)
        case "none":
            return 1.0


def plateaus(scores: list[float], higher_is_better: bool, wait: int = 2) -> int:
    """Count how often `wait` consecutive epochs had no better score."""
    drops, idle, best = 0, 0, -math.inf
    for score in scores:
        gain = score if higher_is_better else -score
        idle = 0 if gain > best else idle + 1
        best = max(best, gain)
        if idle == wait:
            drops, idle = drops + 1, 0
    return drops
