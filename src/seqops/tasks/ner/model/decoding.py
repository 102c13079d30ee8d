"""The best tags of sentences by the scores of their tokens and of transitions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seqops.core.ragged import Ragged
from seqops.nn.batching import in_length_order
from seqops.nn.crf import viterbi
from seqops.tasks.ner.model.predictions import Tags

ROWS = 64  # of one batch


def batches(rows: Ragged) -> list[npt.NDArray[np.int64]]:
    """Group sentences of similar length, without those of no token: a text may have none."""
    nonempty = np.flatnonzero(rows.lengths)
    return [nonempty[order] for order in in_length_order(rows.lengths[nonempty], ROWS)]


def best_tags(emissions: Ragged, transitions: npt.NDArray[np.floating], names: Sequence[str]) -> Tags:
    """Return the tags of the highest score of each sentence.

    emissions: of each token (N, K); transitions: (K + 1, K), the last row for first tags.
    """
    tags: Tags = [[] for _ in range(len(emissions))]
    for rows in batches(emissions):
        part = emissions.take(rows)
        for row, path in zip(rows, viterbi(part.padded(), part.lengths, transitions), strict=True):
            tags[row] = [names[tag] for tag in path]
    return tags
