"""What a fit says when its patience has run out."""

from __future__ import annotations

from collections.abc import Sequence

from seqops.core.callbacks import EpochResult, WholeFit
from seqops.core.settings import FitConfig


def announcement(epochs: Sequence[EpochResult], fit_config: FitConfig) -> str:
    """Say that stages of a fit ended before their last epoch, one sentence each; empty if none did."""
    plan, sentences = fit_config.plan(), []
    for number, stage in enumerate(plan):
        done = sum(e.trained and e.stage == number and not isinstance(e, WholeFit) for e in epochs)
        if 0 < done < stage.epochs:
            where = f" of stage {number + 1}" if len(plan) > 1 else ""
            sentences.append(
                f"Stopped early, after {done} of {stage.epochs} epochs{where}: the validation score had not "
                f"improved for {fit_config.patience} epochs (fit.patience)."
            )
    return " ".join(sentences)


def summary(epochs: Sequence[EpochResult], best: EpochResult) -> str:
    """Summarize a fit, as `6 epochs, best 5`."""
    if isinstance(best, WholeFit):
        return "fitted as a whole"
    trained = sum(e.trained for e in epochs)
    return f"{trained} epoch{'s' * (trained != 1)}, best {best.epoch}"
