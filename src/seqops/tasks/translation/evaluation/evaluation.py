"""Baselines, slices, drift features, examples and plots of the translation task."""

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
from seqops.preprocessing import near_duplicates
from seqops.tasks.translation.data.dataset import Dataset
from seqops.tasks.translation.data.encoding import KNOWN_REFERENCE, firsts_of, subwords_per_byte
from seqops.tasks.translation.evaluation import baselines, plots
from seqops.tasks.translation.metrics import Metrics


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Baselines without a network, slices of sentences, and plots of errors."""

    data: Dataset
    metrics: Metrics

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Copy the source; translate word by word, by the nearest training sentence, and by phrases."""
        return baselines.all_of(self.metrics, splits, meta, model_kind)

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Slice by what training has of a row, by the source's length in words, and by unseen words."""
        by_source = plots.slices(truth.ragged("source_text").texts(), set(meta["words"]))
        unknown = {"without references that are training targets": ~truth.plain(KNOWN_REFERENCE)}
        return {**near_duplicates.slices(truth), **unknown, **by_source}

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return the length of both sentences and their subwords per byte, which rise with unknown words."""
        source, target, texts = (split.ragged(name) for name in ("source", "target", "source_text"))
        first = Ragged.from_texts(firsts_of(split.ragged("references").texts()))
        return {
            "source tokens": source.lengths,
            "target tokens": target.lengths,
            "source tokens a byte": subwords_per_byte(source, texts),
            "target tokens a byte": subwords_per_byte(target, first),
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show source, first reference and hypothesis."""
        return self.rows(truth, meta).assign(predicted=list(predicted["hypothesis"]))

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Show source and first reference."""
        references = firsts_of(split.ragged("references").texts())
        return pd.DataFrame({"input": split.ragged("source_text").texts(), "truth": references})

    def tables(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Mapping[str, pd.DataFrame]:
        """Return the hypotheses of the beam search for the first rows."""
        return {"Hypotheses of the beam search, the first rows": plots.hypotheses(predicted, truth)}

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot BLEU by source length, and the attention of the first translations."""
        score = self.metrics.score(predicted, truth, meta)[0]
        return plots.plots(score, predicted, truth, meta)
