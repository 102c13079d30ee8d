"""Writing character by character: each from its probabilities and one random number of the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.ragged import Split
from seqops.tasks.textgen.model import prompts

Floats = npt.NDArray[np.float64]

PIECE = 8
"""Characters that a stream writes at a time."""


@dataclass(frozen=True)
class Sampling:
    """Settings of one request, with the meaning that they have for a network (`nn.token_sampling`)."""

    temperature: float
    top_k: int
    top_p: float

    def choose(self, probabilities: Floats, uniform: float) -> int:
        """Return the symbol that a number of [0, 1) chooses among the probabilities (V,)."""
        ranked = np.argsort(-probabilities, kind="stable")
        if self.temperature == 0:
            return int(ranked[0])
        with np.errstate(over="ignore"):  # the smallest temperatures leave the likeliest symbol alone
            logits = np.log(probabilities[ranked] / probabilities[ranked[0]]) / self.temperature
        scaled = np.exp(logits)
        cumulative = np.cumsum(scaled / scaled.sum())
        nucleus = int(np.count_nonzero(cumulative < self.top_p)) + 1
        kept = min(self.top_k or len(ranked), nucleus, len(ranked))
        rank = int(np.count_nonzero(cumulative <= uniform * cumulative[kept - 1]))
        return int(ranked[min(rank, kept - 1)])


Write = Callable[[Split, int, Floats, Sampling], Iterator[str]]
"""Yields the characters after the prompt of one of the requests, one for each random number."""


def continuations(requests: Split, write: Write) -> pd.DataFrame:
    """Return the text that continues each prompt, and the settings of the requests."""
    texts = ["".join(_written(requests, row, write)) for row in range(len(requests))]
    return pd.DataFrame({"text": texts, **{name: requests.plain(name) for name in prompts.SETTINGS}})


def pieces(requests: Split, write: Write) -> Iterator[str]:
    """Yield the text that continues the first prompt, a few characters at a time."""
    written = _written(requests, 0, write)
    while piece := "".join(islice(written, PIECE)):
        yield piece


def _written(requests: Split, row: int, write: Write) -> Iterator[str]:
    setting = {name: requests.plain(name)[row].item() for name in prompts.SETTINGS}
    uniform = np.random.default_rng(setting["seed"]).random(setting["length"], np.float32)
    sampling = Sampling(setting["temperature"], setting["top_k"], setting["top_p"])
    return write(requests, row, uniform.astype(np.float64), sampling)
