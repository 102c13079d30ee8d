"""Running text: cut to tokens, split where it stands, scored by nats and bits a character."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.arrays import Ragged, Split
from seqops.blocks.sequences import UNKNOWN, share
from seqops.contract import (
    Baseline,
    Count,
    Data,
    Expectation,
    Fraction,
    Goal,
    Meta,
    Plot,
    Positive,
    Rate,
    Score,
    Watched,
)
from seqops.tasks.textgen import baselines, looks, promises, prompts, rows, tokens
from seqops.tasks.textgen.reader import read_text
from seqops.tasks.textgen.sample import help_text


@dataclass(frozen=True)
class Task(Data):
    """Language modelling.

    encoding: of the files; tokens: what the model reads and writes; vocabulary: of subwords; minimum: a
    character seen less often in training is unknown; window: tokens of a training row; passage: characters
    of a held-out row at least, which ends where a word does, so that its tokens are those of the running
    text; context: characters that it sees before those it is scored on; validation, test: shares of the
    text, its end for the test; fewest, distinct: characters of a usable text; copied: the share of long
    held-out lines that may stand in training; characters: of the embedded text.
    """

    encoding: Literal["utf-8", "windows-1252"]
    tokens: Literal["character", "bpe"]
    vocabulary: Positive
    minimum: Positive
    window: Positive
    passage: Positive
    context: Count
    validation: Fraction
    test: Fraction
    fewest: Positive
    distinct: Positive
    copied: Rate
    characters: Positive

    registered_name: ClassVar[str] = "char-language-model"
    goal: ClassVar[Goal] = Goal("nats", higher_is_better=False)
    intended_use: ClassVar[str] = (
        "Writes text in the manner of what it was trained on, and tells how likely a text is, for study, "
        "play and comparison."
    )
    limits: ClassVar[str] = (
        "It knows spelling and manner, not facts: what it writes is made up, may repeat its training text "
        "word for word, and may offend as that text may. Nothing that it says must be relied on or passed "
        "off as a person's words."
    )

    def sample(self) -> Mapping[str, bytes]:
        """Take what Python's own help says about the language."""
        return {"sample.txt": help_text(self.characters).encode()}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Read text files to one row a line: line, text."""
        return read_text(raw, self.encoding)

    def assign(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Split where the text stands: training first, then validation, the end for the test."""
        lengths = table["text"].str.len().to_numpy(np.int64)
        place = (np.cumsum(lengths) - lengths) / max(int(lengths.sum()), 1)
        first = 1.0 - self.test
        return np.select([place >= first, place >= first - self.validation], ["test", "validation"], "train")

    def facts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and what the promises speak of."""
        return promises.derived(super().facts(table))

    def expectations(self) -> Sequence[Expectation]:
        """Promise enough text, of characters that belong in one, and splits in order and not copied."""
        return promises.promises(self.fewest, self.distinct, self.copied)

    def learn(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn characters, or subwords, from the training text."""
        text = rows.joined(table, split, "train")
        learnt = tokens.learn(text, self.tokens, self.minimum, self.vocabulary)
        return {**learnt, "window": self.window, "example": _opening(text)}

    def apply(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Cut the training text to windows, the others to passages; those do not hang on the meta."""
        cut = tokens.of(meta)
        training, validation, test = (
            rows.joined(table, split, name) for name in ("train", "validation", "test")
        )
        known = rows.long_lines(training)
        return {
            "train": rows.windows(training, cut, self.window),
            "validation": rows.held_out(training, validation, cut, self.passage, self.context, known),
            "test": rows.held_out(training + validation, test, cut, self.passage, self.context, known),
        }

    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Know nothing; know how frequent tokens are; know what follows up to five of them."""
        return baselines.all_of(splits, meta)

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score by nats and by bits a character, whatever the tokens are."""
        statistics = np.stack([predicted["nats"].to_numpy(np.float64), truth.plain("characters")], axis=1)
        # neighbours are alike: blocks of the cube root of the rows (Hall, Horowitz and Jing 1995)
        block = max(1, round(len(truth) ** (1 / 3)))
        how = f"passages of {self.passage} characters and more, {self.context} before each"
        return [
            Score("nats", statistics, _per_character, False, f"nats a character, {how}", block),
            Score("bits", statistics, _bits, False, f"bits a character, {how}", block),
        ]

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Slice by copied lines, unknown characters and place in the text."""
        return looks.slices(truth, meta)

    def watched(self, split: Split, meta: Meta) -> Watched:
        """Watch how often each token stands in a window, or in a passage without its context."""
        found = rows.own(split)
        names = np.array(tokens.of(meta).starts(np.arange(meta["size"], dtype=np.int32)))
        return {
            "token": Ragged(names[found.values], found.offsets),
            "unknown tokens": share(found.values == UNKNOWN, found),
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each passage and what it costs."""
        return looks.examples(predicted, truth)

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw where the nats are spent."""
        return looks.plots(predicted, truth, meta)

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode prompts, bare or with settings as a JSON object. Raises BadData for a wrong setting."""
        parsed = [prompts.parse(text, number) for number, text in enumerate(inputs, 1)]
        return prompts.encoded(parsed, tokens.of(meta))

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with the prompt, the text that follows it, and the settings that it was made with."""
        answers = []
        for number, text in enumerate(inputs):
            row = predicted.iloc[number]
            said = {name: row[name].item() for name in prompts.SETTINGS}
            prompt = prompts.parse(text, number + 1).prompt
            answers.append({"prompt": prompt, "text": str(row["text"]), **said})
        return answers

    def request_example(self, meta: Meta) -> str:
        """Return how the training text begins."""
        return str(meta["example"])


def _per_character(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return sums[..., 0] / sums[..., 1]


def _bits(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return _per_character(sums) / math.log(2)


def _opening(text: str) -> str:
    """Return the first words of a text."""
    line = text.strip().split("\n")[0]
    return " ".join(line.split()[:3])[:40]
