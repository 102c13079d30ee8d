"""Whether training improved on the initial model: a paired test on the validation rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from seqops.core.score import Score
from seqops.metrics.dependence import t_quantile
from seqops.metrics.paired_tests import Difference, paired
from seqops.metrics.rounding import rounded
from seqops.metrics.small_levels import MIN_BEYOND, beats_at

Outcome = Literal["improved", "not improved", "undecided", "no initial model"]
SEED, RESAMPLES = 0, 2000
FAR = 6.0
"""Standard errors that are too much to ask of a gain: so few independent rows cannot be decided by."""


@dataclass(frozen=True)
class TrainingGain:
    """The best epoch compared with the initial model by the goal metric on the validation rows.

    best_epoch: the epoch whose weights the model has, None if it is fitted as a whole; trained: False if it
    is the start of the fit or of the stages of the goal; epochs: from which the best was chosen, 0 for a
    model that is fitted as a whole; rows: of the validation split; advice: that the fit needs more epochs, or
    empty (`epoch_budget`).
    """

    metric: str
    initial: float
    best: float
    best_epoch: int | None
    trained: bool
    epochs: int
    rows: int
    difference: Difference
    advice: str = ""

    @classmethod
    def measure(
        cls, initial: Score, best: Score, best_epoch: int, trained: bool, epochs: int, advice: str = ""
    ) -> TrainingGain:
        """Compare the two scores of the same validation rows."""
        return cls(
            best.name,
            initial.point(),
            best.point(),
            best_epoch,
            trained,
            epochs,
            len(best.statistics),
            paired(best, initial, RESAMPLES, SEED),
            advice,
        )

    @classmethod
    def of_whole_fit(cls, best: Score) -> TrainingGain:
        """Return that a model was fitted as a whole, so that there is no initial model to compare it with."""
        untested = Difference(math.nan, None, None, None, None, 0, "there is no initial model")
        return cls(best.name, math.nan, best.point(), None, True, 0, len(best.statistics), untested)

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> TrainingGain:
        """Rebuild the comparison from the content of training.json."""
        undefined = {name: math.nan for name in ("initial", "best") if content[name] is None}
        return cls(**{**content, **undefined, "difference": Difference.read(content["difference"])})

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        scores = {"initial": rounded(self.initial), "best": rounded(self.best)}
        return {**vars(self), **scores, "difference": self.difference.to_json()}

    def outcome(self, alpha: float) -> Outcome:
        """Return whether the gain is significant at level `alpha`.

        The best epoch was chosen on the rows of the test, so the level is divided by the number of epochs
        (Bonferroni), which bounds the probability of an error however the epochs depend on each other. Where
        the rows are so few that no gain reaches that level, or that a t test asks for a gain of six standard
        errors, a gain on nearly all of them, or one significant at `alpha` alone, is undecided.
        """
        if not self.epochs:
            return "no initial model"
        if not self.trained:
            return "not improved"
        if self.difference.p_better is None:
            return "not improved" if self.difference.value <= 0 else "undecided"
        level = alpha / max(self.epochs, 1)
        if beats_at(self.difference, level, RESAMPLES):
            return "improved"
        return "undecided" if self.difference.p_better < self._beyond_reach(alpha, level) else "not improved"

    def _beyond_reach(self, alpha: float, level: float) -> float:
        """Return the p-value below which a gain is undecided, as no gain passes the level; 0 if one can."""
        if self.difference.freedom is not None:
            return alpha if t_quantile(self.difference.freedom, 1 - level) > FAR else 0.0
        resolved = MIN_BEYOND / (RESAMPLES + 1)
        return resolved if self.difference.low is None and level < resolved else 0.0

    def summary(self, alpha: float) -> str:
        """Summarize the outcome in one sentence, and give the advice."""
        return " ".join(filter(None, (self._outcome_summary(alpha), self.advice)))

    def _outcome_summary(self, alpha: float) -> str:
        where = (
            f"{self.metric} {self.initial:.4g} before training, {self.best:.4g} at epoch {self.best_epoch}"
        )
        rows = f"on {self.rows} validation {'row' if self.rows == 1 else 'rows'}"
        match self.outcome(alpha):
            case "no initial model":
                return (
                    "The model is fitted as a whole, so there is no initial model to compare it with: "
                    f"{self.metric} {self.best:.4g} {rows}."
                )
            case "improved":
                return f"Training improved on the initial model: {where}, {rows}."
            case "undecided":
                return (
                    f"Training changed the initial model: {where}, {rows}, which are too few to test whether "
                    "that is an improvement."
                )
            case "not improved" if not self.trained:
                return (
                    "Training did not improve on the initial model: no epoch has a better "
                    f"{self.metric} than {self.best:.4g}, the score before training, {rows}."
                )
            case "not improved":
                return (
                    f"Training did not improve on the initial model: {where}, {rows}, is within noise "
                    f"(p {self.difference.p_better or 1:.3g}, not < {alpha:g} / {self.epochs} epochs)."
                )
