"""Baselines, slices, drift features, examples and plots of the textgen task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Baseline, Plot
from seqops.preprocessing.vocabulary import UNKNOWN, share
from seqops.tasks.textgen.data import tokenizer, windows
from seqops.tasks.textgen.data.dataset import Dataset
from seqops.tasks.textgen.evaluation import baselines, plots
from seqops.tasks.textgen.metrics import Metrics


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Baselines without a network, slices of the text, and plots of the negative log-likelihood."""

    data: Dataset
    metrics: Metrics

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Predict uniformly, by token frequencies, by n-grams of tokens, and by n-grams of characters."""
        return baselines.all_of(splits, meta, model_kind)

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Slice by copied lines, unknown characters and position in the text."""
        return plots.slices(truth, meta)

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return the tokens of each window, or of each passage without its context, and the unknown share."""
        found = windows.scored_tokens(split)
        names = np.array(tokenizer.tokenizer_from_meta(meta).pieces(np.arange(meta["size"], dtype=np.int32)))
        return {
            "token": Ragged(names[found.values], found.offsets),
            "unknown tokens": share(found.values == UNKNOWN, found),
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each passage and its negative log-likelihood."""
        return plots.examples(predicted, truth)

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Show the text of each window."""
        tokens, windows = tokenizer.tokenizer_from_meta(meta), split.ragged("tokens")
        return pd.DataFrame({"input": [tokenizer.written(tokens, windows[row]) for row in range(len(split))]})

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot the nats per token by position and by kind of token."""
        return plots.plots(predicted, truth, meta)
