"""What a beam search finds for one source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqops.core.ragged import Array
from seqops.preprocessing.vocabulary import PAD
from seqops.tasks.translation.model.minimum_risk import Floats, normalised


@dataclass(frozen=True)
class Beam:
    """The W hypotheses of a beam search, that with the best score first.

    ids: their tokens, padded (W, L); scores: their log probabilities divided by the length penalty (W,).
    """

    texts: Sequence[str]
    ids: Array
    scores: npt.NDArray[np.floating]
    log_probabilities: npt.NDArray[np.floating]

    def probabilities(self) -> Floats:
        """Return the probabilities of the hypotheses, if there were no others: (W,)."""
        return normalised(self.log_probabilities)

    def tokens_of(self, text: str) -> list[int]:
        """Return the tokens of a hypothesis without padding; none if the beam does not have it."""
        if text not in self.texts:
            return []
        return [int(i) for i in self.ids[self.texts.index(text)] if i != PAD]
