"""Evaluation of entities: baselines, slices, drift features, examples and plots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.interfaces import DriftFeatures, Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.records import Baseline, Plot
from seqops.evaluation.marked_text import TITLE, span_table
from seqops.evaluation.slices import slices_by_length
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.iob2 import iob2_to_spans
from seqops.preprocessing.vocabulary import rare_token_share
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.data.dataset import Dataset
from seqops.tasks.ner.data.features import WORD
from seqops.tasks.ner.evaluation import baselines, plots
from seqops.tasks.ner.metrics import Metrics
from seqops.tasks.ner.model.feature_crf import FeatureCRF

LENGTHS = {"up to 20 tokens": (0, 20), "21 to 40 tokens": (21, 40), "over 40 tokens": (41, math.inf)}


@dataclass(frozen=True)
class Evaluation(interfaces.Evaluation):
    """Baseline taggers, slices of sentences, and plots of errors."""

    data: Dataset
    metrics: Metrics

    def baselines(self, splits: Mapping[str, Split], meta: Meta, model_kind: str = "") -> Sequence[Baseline]:
        """Tag every token `O`, each word by its usual tag, known entities, or all by a CRF over features."""
        crf, test = FeatureCRF(), splits["test"]
        trivial = [
            Baseline("always O", "trivial", baselines.always_outside(test)),
            Baseline("usual tag of a word", "trivial", baselines.usual_tag(splits, meta)),
            Baseline("longest match", "trivial", baselines.longest_match(splits, meta)),
        ]
        if model_kind == "feature_crf":
            return trivial
        fitted = crf.predict(crf.fit(self.metrics, splits, meta), test, meta)
        return [*trivial, Baseline("feature CRF", "classical", fitted, model_kind="feature_crf")]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Slice by (near-)duplicates in training, by entities unseen there, and by length."""
        lengths = truth.ragged("corpus_tags").lengths
        named = {"unleaked": ~truth.plain("leaked"), "unseen entity": truth.plain("unseen")}
        return {**near_duplicates.slices(truth), **named, **slices_by_length(lengths, LENGTHS)}

    def drift_features(self, split: Split, meta: Meta) -> DriftFeatures:
        """Return the length of each sentence, its share of infrequent words, and its tags."""
        view = meta["views"][0]
        features, tags = split.ragged(f"{view}_features"), split.ragged(f"{view}_tags")
        words = Ragged(features.values[:, WORD], features.offsets)
        return {
            "tokens of a sentence": words.lengths,
            "infrequent words": rare_token_share(words, meta["frequent"]),
            "tag": Ragged(np.array(meta["tags"])[tags.values], tags.offsets),
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Format each sentence with its true and its predicted entities in brackets."""
        rows = self.rows(truth, meta)
        return rows.assign(predicted=plots.bracketed(rows["input"], encoding.predicted_spans(predicted)))

    def rows(self, split: Split, meta: Meta) -> pd.DataFrame:
        """Format each sentence with its true entities in brackets."""
        texts = split.ragged("texts").texts()
        return pd.DataFrame(
            {"input": texts, "truth": plots.bracketed(texts, encoding.true_spans(split, meta))}
        )

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Plot the confusion matrix of types and the F1 of each."""
        scores = {s.name: s for s in self.metrics.score(predicted, truth, meta)}
        gold = [iob2_to_spans(tags) for tags in encoding.tags(truth, "corpus", meta)]
        found = [iob2_to_spans(tags) for tags in predicted["tags"]]
        return [plots.confusion(found, gold, meta["types"]), plots.by_type(scores, meta["types"])]

    def tables(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Mapping[str, pd.DataFrame]:
        """Return sentences with their true and predicted entities marked in the text."""
        spans = zip(encoding.true_spans(truth, meta), encoding.predicted_spans(predicted), strict=True)
        # an annotation that does not match its text gives no true spans
        known = [pair for pair, aligned in zip(spans, truth.plain("aligned"), strict=True) if aligned]
        texts = truth.take(truth.plain("aligned")).ragged("texts").texts()
        gold, found = ([pair[side] for pair in known] for side in (0, 1))
        return {TITLE: span_table(texts, gold, found, meta["types"])}
