"""Sentence pairs to subwords, split by source sentence; baselines, scores, requests and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.arrays import Ragged, Split
from seqops.blocks.inputs import check_characters
from seqops.blocks.scores.translation import bleu, chrf
from seqops.blocks.subwords import Subwords
from seqops.contract import (
    BadData,
    Baseline,
    Count,
    Data,
    Expectation,
    Fraction,
    Goal,
    Meta,
    Plot,
    Positive,
    Score,
    Watched,
)
from seqops.tasks.translation import baselines, looks
from seqops.tasks.translation.encoding import (
    fineness,
    firsts_of,
    held_out,
    ids_of,
    keys_of,
    place_of,
    rows_of,
)
from seqops.tasks.translation.reader import read_pairs
from seqops.tasks.translation.sample import sentence_pairs


@dataclass(frozen=True)
class Task(Data):
    """Translate sentences.

    source_column, target_column: of a tab-separated file, from 0; vocabulary: subwords of each language,
    or of both together where `joint`; validation_share, test_share: of the distinct sources; longest:
    characters of a sentence; fewest: pairs of a usable file.
    """

    registered_name: ClassVar[str] = "seq2seq-translator"
    goal: ClassVar[Goal] = Goal("bleu", higher_is_better=True)
    intended_use: ClassVar[str] = (
        "Drafts translations of short sentences like those it was trained on, for readers who can check them."
    )
    limits: ClassVar[str] = (
        "It may leave out, add or turn round what a sentence says, and sound fluent; names and words that "
        "training never saw, long sentences and other kinds of text come out worse (see the slices). It "
        "must not be relied on where a mistake does harm: medicine, law, safety."
    )

    source_column: Count
    target_column: Count
    vocabulary: Positive
    joint: bool
    validation_share: Fraction
    test_share: Fraction
    longest: Positive
    fewest: Positive

    def sample(self) -> Mapping[str, bytes]:
        """Invent English-Spanish pairs, tab-separated."""
        lines = [f"{source}\t{target}\n" for source, target in sentence_pairs()]
        return {"pairs.tsv": "".join(lines).encode()}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse one tab-separated file or two parallel ones: line, source, target."""
        return read_pairs(raw, self.source_column, self.target_column)

    def assign(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw the split by the source's hash, so that all translations of a sentence stay together."""
        place = np.array([place_of(key) for key in keys_of(table)])
        validation = place < self.test_share + self.validation_share
        return np.select([place < self.test_share, validation], ["test", "validation"], "train")

    def facts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split, and in how many splits a row's source stands."""
        split, keys = pd.Series(self.assign(table), index=table.index), pd.Series(keys_of(table), table.index)
        return table.assign(split=split, splits_of_source=split.groupby(keys).transform("nunique"))

    def expectations(self) -> Sequence[Expectation]:
        """List what must hold of the pairs."""
        lengths = {"min_value": 1, "max_value": self.longest}
        return [
            Expectation(
                "expect_table_row_count_to_be_between",
                {"min_value": self.fewest},
                f"there are at least {self.fewest} pairs (data.fewest)",
            ),
            *(
                Expectation(
                    "expect_column_value_lengths_to_be_between",
                    {"column": side, **lengths},
                    f"no {side} sentence is longer than {self.longest} characters (data.longest)",
                )
                for side in ("source", "target")
            ),
            Expectation(
                "expect_compound_columns_to_be_unique",
                {"column_list": ["source", "target"]},
                "no pair stands twice",
            ),
            Expectation(
                "expect_column_distinct_values_to_equal_set",
                {"column": "split", "value_set": ["train", "validation", "test"]},
                "each split gets some sources (data.validation_share, data.test_share)",
            ),
            Expectation(
                "expect_column_values_to_be_between",
                {"column": "splits_of_source", "min_value": 1, "max_value": 1},
                "no source sentence stands in two splits",
            ),
        ]

    def learn(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn subwords, words, counts and the length of a translation from the training pairs."""
        training = table[split == "train"]
        source, target = self._subwords(training)
        targets = ids_of(target, firsts_of(training["target"]))
        return {
            "source": source.json,
            "target": target.json,
            "source_size": len(source),
            "target_size": len(target),
            "target_counts": np.bincount(targets.values, minlength=len(target)).tolist(),
            "target_length": float(targets.lengths.mean()),
            "words": sorted({word for text in training["source"] for word in baselines.cut(text)}),
            "example": str(training["source"].iloc[0]),
        }

    def apply(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode training pairs as they come, and held-out rows one a source, with all references."""
        source, target = Subwords(meta["source"]), Subwords(meta["target"])
        training = table[split == "train"]
        return {
            "train": rows_of(list(training["source"]), list(training["target"]), source, target),
            **{name: held_out(table[split == name], source, target) for name in ("validation", "test")},
        }

    def _subwords(self, training: pd.DataFrame) -> tuple[Subwords, Subwords]:
        if self.joint:
            both = Subwords.learn([*training["source"], *training["target"]], self.vocabulary)
            return both, both
        return (
            Subwords.learn(training["source"], self.vocabulary),
            Subwords.learn(training["target"], self.vocabulary),
        )

    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Copy the source; translate word by word; take the nearest training sentence's translation."""
        return baselines.all_of(splits["train"], splits["test"].ragged("source_text").texts())

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score hypotheses against all references of their source: BLEU and chrF."""
        hypotheses = list(predicted["hypothesis"])
        references = [text.split("\n") for text in truth.ragged("references").texts()]
        return [bleu(hypotheses, references), chrf(hypotheses, references)]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Slice by the source's length in words, and by whether it has a word unseen in training."""
        return looks.slices(truth.ragged("source_text").texts(), set(meta["words"]))

    def watched(self, split: Split, meta: Meta) -> Watched:
        """Watch the length of both sentences, and how fine they are cut: strange words fall to pieces."""
        source, target, texts = (split.ragged(name) for name in ("source", "target", "source_text"))
        first = Ragged.of_texts(firsts_of(split.ragged("references").texts()))
        return {
            "source tokens": source.lengths,
            "target tokens": target.lengths,
            "source tokens a byte": fineness(source, texts),
            "target tokens a byte": fineness(target, first),
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show source, first reference and hypothesis."""
        references = [text.split("\n")[0] for text in truth.ragged("references").texts()]
        return pd.DataFrame(
            {
                "input": truth.ragged("source_text").texts(),
                "truth": references,
                "predicted": list(predicted["hypothesis"]),
            }
        )

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw BLEU by source length, and where the first translations looked."""
        score = self.score(predicted, truth, meta)[0]
        return looks.plots(score, predicted, truth, meta)

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode sentences. Raises BadData for an empty or an overlong one, and for half a character."""
        check_characters(inputs)
        texts = [text.strip() for text in inputs]
        for place, text in enumerate(texts, 1):
            if not text:
                raise BadData(f"input {place} is empty. Give one sentence.")
            if len(text) > self.longest:
                what = f"input {place} has {len(text)} characters, more than data.longest ({self.longest})"
                raise BadData(f"{what}. Cut it into sentences.")
        return Split(
            {"source": ids_of(Subwords(meta["source"]), texts), "source_text": Ragged.of_texts(texts)}
        )

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with the best translation and its alternatives."""
        return [
            {
                "source": source,
                "translation": nbest[0],
                "alternatives": [
                    {"text": text, "score": float(score)}
                    for text, score in zip(nbest[1:], scores[1:], strict=True)
                ],
            }
            for source, nbest, scores in zip(
                inputs, predicted["nbest"], predicted["nbest_scores"], strict=True
            )
        ]

    def request_example(self, meta: Meta) -> str:
        """Return the first training sentence."""
        return str(meta["example"])
