"""The weights in a CRFsuite model, with which any sequence of tags can be scored.

CRFsuite scores no sequence but its best, and prints no feature that has a line break. So its file is read:
crf1d_model.c and cqdb.c of CRFsuite 0.12 define the format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from seqops.nn.crf import FORBIDDEN

Floats = npt.NDArray[np.float32]

FEATURE = np.dtype([("kind", "<u4"), ("source", "<u4"), ("tag", "<u4"), ("weight", "<f8")])
OF_TOKEN = 0
"""The kind of a feature of a token, whose source is an attribute; that of a transition is a tag."""


@dataclass(frozen=True)
class CrfScores:
    """The weights of the features of a token for each of K tags, and those of transitions.

    places: of each feature in `weights` (F, K); transitions: (K + 1, K), the last row for first tags, which
    CRFsuite scores alike; unseen: added to each token, a tag that no training sentence has is never best.
    """

    places: Mapping[str, int]
    weights: Floats
    transitions: Floats
    unseen: Floats

    def emissions(self, tokens: Iterable[Sequence[str]]) -> Floats:
        """Return the sum of the weights of each token's features: (N, K)."""
        found = [[self.places[f] for f in features if f in self.places] for features in tokens]
        sums = [self.weights[places].sum(0, dtype=np.float64) for places in found]
        return (np.reshape(sums, (len(found), len(self.unseen))) + self.unseen).astype(np.float32)


@lru_cache(maxsize=2)
def scores_of(model: bytes, tags: tuple[str, ...]) -> CrfScores:
    """Read the weights of a model; tags: all that there may be, in the order of the columns."""
    _, _, n_tags, n_attributes, features, tag_names, attributes = np.frombuffer(model, "<u4", 7, 12).tolist()
    names, places = _strings(model, tag_names, n_tags), _strings(model, attributes, n_attributes)
    column = np.array([tags.index(name) for name in names])
    every = np.frombuffer(model, FEATURE, int(np.frombuffer(model, "<u4", 1, features + 8)[0]), features + 12)
    weights = np.zeros((len(places), len(tags)), np.float32)
    transitions = np.zeros((len(tags) + 1, len(tags)), np.float32)
    of_token, of_pair = every[every["kind"] == OF_TOKEN], every[every["kind"] != OF_TOKEN]
    weights[of_token["source"], column[of_token["tag"]]] = of_token["weight"]
    transitions[column[of_pair["source"]], column[of_pair["tag"]]] = of_pair["weight"]
    unseen = np.array([0.0 if tag in names else FORBIDDEN for tag in tags], np.float32)
    return CrfScores({name: place for place, name in enumerate(places)}, weights, transitions, unseen)


def _strings(model: bytes, start: int, count: int) -> list[str]:
    """Return the strings of a table in the file by their numbers; start: of the table."""
    by_number = int(np.frombuffer(model, "<u4", 1, start + 20)[0])
    found = []
    for offset in np.frombuffer(model, "<u4", count, start + by_number).tolist():
        place = start + offset
        size = int.from_bytes(model[place + 4 : place + 8], "little")
        found.append(model[place + 8 : place + 8 + size - 1].decode())
    return found
