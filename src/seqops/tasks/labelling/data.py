"""Step labelling: sequences of numbers with a label, 0 or 1, at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.arrays import Ragged, Split
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
from seqops.tasks.labelling import baselines, promises, reader, sample, scores, serving, show, splits

GENERATED: dict[str, Callable[[], Mapping[str, bytes]]] = {
    "cumsum": sample.cumsum,
    "cumsum-ten": sample.cumsum_ten,
}


@dataclass(frozen=True)
class Task(Data):
    """Step labelling.

    sequence, label: columns of the file; values: its columns of numbers (empty: all others); test,
    validation: their shares of the sequences, the latter of what is not test; longest: steps of a
    sequence at most; sequences: of the sample.
    """

    sequence: str
    values: tuple[str, ...]
    label: str
    test: Fraction
    validation: Fraction
    seed: Count
    longest: Positive
    sequences: Positive

    registered_name: ClassVar[str] = "sequence-labeller"
    goal: ClassVar[Goal] = Goal("accuracy", higher_is_better=True)
    intended_use: ClassVar[str] = (
        "Labels every step of a finished sequence of numbers 0 or 1, for sequences drawn as those it was "
        "trained on were."
    )
    limits: ClassVar[str] = (
        "It reads a sequence as a whole, so a step's label may change when more steps follow. Lengths and "
        "numbers beyond those of training are guesses, and a regression on running sums may do as well: "
        "see the baselines."
    )

    def sample(self) -> Mapping[str, bytes]:
        """Draw cumulative sums of 5 to 15 steps."""
        shortest, longest = sample.STEPS // 2, sample.STEPS + sample.STEPS // 2
        return {"sample.csv": sample.sums(self.sequences, shortest, longest, self.seed)}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse CSV files to one row a sequence: `labels` and `value.*` are lists, a place a step."""
        tables = [reader.parse(path, self.sequence, self.values, self.label) for path in raw]
        for path, table in zip(raw, tables, strict=True):
            if list(table.columns) != list(tables[0].columns):
                mend = f"Give every file the columns of {raw[0].name}."
                raise BadData.at(path, 1, "its columns differ from those of the first file", mend)
        whole = pd.concat(tables, ignore_index=True)
        labels = {label for row in whole["labels"] for label in row}
        if len(labels) < 2:
            what = f"every step has the label {labels.pop()}"
            raise BadData.at(
                raw[0], None, what, "Give sequences with both labels: one alone teaches nothing."
            )
        return whole

    def assign(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw the test sequences, then validation sequences from the rest, equal ones together.

        Raises BadData where a split would be empty.
        """
        codes = splits.same(table)
        names = np.where(splits.drawn(codes, self.test, self.seed), "test", "train").astype("<U10")
        rest = np.flatnonzero(names == "train")
        if len(rest):
            names[rest[splits.drawn(codes[rest], self.validation, self.seed + 1)]] = "validation"
        empty = [name for name in ("train", "validation", "test") if name not in names]
        if empty:
            raise BadData(
                f"{len(table)} sequences are too few: none is left for {', '.join(empty)}. "
                "Give more, or change data.test and data.validation."
            )
        return names

    def facts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and what the promises speak of."""
        return promises.derived(super().facts(table))

    def expectations(self) -> Sequence[Expectation]:
        """Promise sound lengths, both labels to learn from, and splits that share no sequence."""
        return promises.promises(self.longest)

    def learn(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn the scale of each column from training steps. Raises BadData where all have one label."""
        training = table[split == "train"]
        labels = np.concatenate([np.asarray(row) for row in training["labels"]])
        if labels.min() == labels.max():
            raise BadData(
                f"every training step has the label {labels[0]}. Give more sequences with the other."
            )
        values = splits.value_columns(table)
        found = splits.figures(training, values)
        steps = np.concatenate(found)
        spread = steps.std(axis=0)
        return {
            "values": values,
            "centre": steps.mean(axis=0).tolist(),
            "width": np.where(spread > 0, spread, 1.0).tolist(),
            "usual_length": int(np.median([len(row) for row in found])),
            "example": show.written(found[0]),
        }

    def apply(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode figures (T, D) and labels (T,) of every sequence. Raises BadData for a missing column."""
        absent = [name for name in meta["values"] if name not in splits.value_columns(table)]
        if absent:
            raise BadData(f"the table lacks {absent[0]}, which the model was trained with. Name it in data.")
        whole = Split(
            {
                "figures": Ragged.of(splits.figures(table, meta["values"]), np.float64),
                "labels": Ragged.of(table["labels"], np.int8),
            }
        )
        return {name: whole.take(np.flatnonzero(split == name)) for name in ("train", "validation", "test")}

    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Give the usual label; that of the place in the sequence; regress on running sums."""
        return [
            Baseline("usual label", "trivial", baselines.usual(splits)),
            Baseline("usual label of the place", "trivial", baselines.by_place(splits)),
            Baseline("regression on running sums", "classical", baselines.regression(splits)),
        ]

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score steps, the label 1 and whole sequences."""
        return scores.all_of(predicted["labels"], truth.ragged("labels"))

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Set apart short and long sequences, and those in which the label changes."""
        labels, usual = truth.ragged("labels"), meta["usual_length"]
        changes = [bool(np.ptp(labels[i])) for i in range(len(truth))]
        return {
            f"up to {usual} steps": labels.lengths <= usual,
            f"over {usual} steps": labels.lengths > usual,
            "label changes": np.array(changes, np.bool_),
        }

    def watched(self, split: Split, meta: Meta) -> Watched:
        """Watch the length of a sequence, and the numbers and labels in it."""
        figures, labels = split.ragged("figures"), split.ragged("labels")
        columns = {
            name: Ragged(figures.values[:, place], figures.offsets)
            for place, name in enumerate(meta["values"])
        }
        named = Ragged(np.array(["0", "1"])[labels.values], labels.offsets)
        return {"steps of a sequence": labels.lengths, **columns, "label": named}

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Write the numbers of each sequence and its labels as text."""
        return show.examples(predicted, truth)

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw the accuracy by place in the sequence, and the confusion of labels."""
        return show.plots(predicted, truth)

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Read raw sequences. Raises BadData for what is no sequence of numbers."""
        rows = [serving.parsed(text, i, meta["values"], self.longest) for i, text in enumerate(inputs)]
        return Split({"figures": Ragged.of(rows, np.float64)})

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with a label and a probability for every step."""
        return [serving.record(predicted.iloc[i]) for i in range(len(inputs))]

    def request_example(self, meta: Meta) -> str:
        """Return a training sequence."""
        example: str = meta["example"]
        return example
