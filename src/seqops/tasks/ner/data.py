"""Named entities: sentences with typed spans, by tokens and by characters of the raw text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.arrays import Ragged, Split
from seqops.blocks.inputs import check_characters
from seqops.blocks.morphemes import composed
from seqops.blocks.scores.spans import entities, span_scores
from seqops.blocks.sequences import unusual
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
from seqops.tasks.ner import arrays, baselines, promises, reader, sample, show, splits
from seqops.tasks.ner.align import gold_spans
from seqops.tasks.ner.encoding import WORD

LENGTHS = {"up to 20 tokens": (0, 20), "21 to 40 tokens": (21, 40), "over 40 tokens": (41, 10**9)}


@dataclass(frozen=True)
class Task(Data):
    """Named entity recognition.

    layout: of the files; types: of the entities; split: `published` draws test rows one by one, as the
    published figures do, `grouped` keeps sentences of one text together; test, validation: their shares,
    the latter of what is not test; tokens: trained on, the corpus's own, those of the raw text, or both;
    tokenizer: of raw text; minimum: how often a word must be seen to be known; width: characters read of
    a token; longest: tokens of a sentence at most; sentences: of the sample.
    """

    layout: Literal["klp", "conll"]
    types: tuple[str, ...]
    split: Literal["published", "grouped"]
    test: Fraction
    validation: Fraction
    seed: Count
    tokens: arrays.Trained
    tokenizer: arrays.Tokenizer
    minimum: Positive
    width: Positive
    longest: Positive
    sentences: Positive

    registered_name: ClassVar[str] = "ner-tagger"
    goal: ClassVar[Goal] = Goal("f1", higher_is_better=True)
    intended_use: ClassVar[str] = (
        "Finds entities of the trained types in sentences like those it was trained on, to index texts or "
        "to suggest names to a person, who decides."
    )
    limits: ClassVar[str] = (
        "It misses entities and invents some (see F1 and its slices), more so in other kinds of text and "
        "with names that training never saw. It must not be relied on to find every name, as redaction "
        "needs, nor for decisions about people."
    )

    def sample(self) -> Mapping[str, bytes]:
        """Invent sentences in the KLP format."""
        return {"sample.txt": sample.corpus(self.sentences, self.seed)}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse files to one row a sentence: text, tokens, tags in IOB2, and spans of characters."""
        found = [s for path in raw for s in reader.sentences(path, self.layout)]
        spans = [gold_spans(sentence) for sentence in found]
        columns = {name: [getattr(s, name) for s in found] for name in reader.COLUMNS}
        for place, name in enumerate(("starts", "ends", "types")):
            columns[name] = [[span[place] for span in row or ()] for row in spans]
        return pd.DataFrame({**columns, "aligned": [row is not None for row in spans]})

    def assign(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Draw the test rows, then validation rows from the rest, duplicates of a text together.

        Raises BadData where a split would be empty.
        """
        texts = table["text"].to_list()
        draw = splits.published if self.split == "published" else splits.grouped
        test = draw(texts, self.test, self.seed) if len(texts) > 1 else np.ones(len(texts), np.bool_)
        rest = np.flatnonzero(~test)
        names = np.where(test, "test", "train").astype("<U10")
        drawn = splits.grouped([texts[row] for row in rest], self.validation, self.seed + 1)
        names[rest[drawn]] = "validation"
        empty = [name for name in ("train", "validation", "test") if name not in names]
        if empty:
            raise BadData(
                f"{len(texts)} sentences are too few: none is left for {', '.join(empty)}. "
                "Give more, or change data.test and data.validation."
            )
        return names

    def facts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split and what the promises speak of."""
        return promises.derived(super().facts(table), self.types)

    def expectations(self) -> Sequence[Expectation]:
        """Promise sound tags and lengths, texts that fit their tokens, and splits that share no text."""
        return promises.promises(self.types, self.longest, apart=self.split == "grouped")

    def learn(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn vocabularies from the training rows, of the tokens that are trained on."""
        training = table[split == "train"]
        return {
            **arrays.learn(training, self.tokens, self.tokenizer, self.minimum, self.width),
            "types": list(self.types),
            "tags": ["O", *(f"{mark}-{kind}" for kind in self.types for mark in "BI")],
            "leaked": int(arrays.leaked(table, split)[split == "test"].sum()),
            "unaligned": int((~table["aligned"]).sum()),
        }

    def apply(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode both views of every sentence. Raises BadData for a type that the meta does not know."""
        whole = arrays.encode(table, split, self.tokenizer, meta)
        parts = {name: np.flatnonzero(split == name) for name in ("train", "validation", "test")}
        return {name: whole.take(rows) for name, rows in parts.items()}

    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Call nothing an entity; give each word its usual tag; look up the training entities."""
        return [
            Baseline("always O", "trivial", baselines.nothing(splits["test"])),
            Baseline("usual tag of a word", "trivial", baselines.usual_tag(splits, meta)),
            Baseline("longest match", "classical", baselines.longest_match(splits, meta)),
        ]

    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score strict spans: on the corpus's own tokens (`f1`), and in the raw text (`raw_f1`)."""
        gold = [entities(tags) for tags in arrays.tags(truth, "corpus", meta)]
        scores = span_scores([entities(tags) for tags in predicted["tags"]], gold, meta["types"])
        if "starts" in predicted:
            known = truth.plain("aligned")
            guessed, wanted = arrays.guessed_spans(predicted), arrays.true_spans(truth, meta)
            # where the text does not fit its annotation, nothing can be right or wrong
            guessed = [spans if ok else [] for spans, ok in zip(guessed, known, strict=True)]
            scores += span_scores(guessed, wanted, meta["types"], prefix="raw_")
        return scores

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Name the sentences that do not stand in training, those with a new entity, and lengths."""
        lengths = truth.ragged("corpus_tags").lengths
        named = {"unleaked": ~truth.plain("leaked"), "unseen entity": truth.plain("unseen")}
        return named | {name: (lengths >= low) & (lengths <= high) for name, (low, high) in LENGTHS.items()}

    def watched(self, split: Split, meta: Meta) -> Watched:
        """Watch the length of a sentence, how many of its words are not frequent, and the tags."""
        view = meta["views"][0]
        features, tags = split.ragged(f"{view}_features"), split.ragged(f"{view}_tags")
        words = Ragged(features.values[:, WORD], features.offsets)
        return {
            "tokens of a sentence": words.lengths,
            "infrequent words": unusual(words, meta["frequent"]),
            "tag": Ragged(np.array(meta["tags"])[tags.values], tags.offsets),
        }

    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each sentence, its entities, and those found in its raw text, in brackets."""
        texts = truth.ragged("texts").texts()
        return pd.DataFrame(
            {
                "input": texts,
                "truth": show.bracketed(texts, arrays.true_spans(truth, meta)),
                "predicted": show.bracketed(texts, arrays.guessed_spans(predicted)),
            }
        )

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw the confusion of types and the F1 of each."""
        scores = {s.name: s for s in self.score(predicted, truth, meta)}
        gold = [entities(tags) for tags in arrays.tags(truth, "corpus", meta)]
        found = [entities(tags) for tags in predicted["tags"]]
        return [show.confusion(found, gold, meta["types"]), show.by_type(scores, meta["types"])]

    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Split raw texts to tokens. Raises BadData for an empty text and for one that is too long."""
        check_characters(inputs)
        for text in inputs:
            if not text.strip():
                raise BadData("The text is empty. Give a sentence.")
        return arrays.request([composed(text) for text in inputs], self.tokenizer, self.longest, meta)

    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Answer with the text, composed as its offsets count it, and the entities in it."""
        records = []
        for text, spans in zip(inputs, arrays.guessed_spans(predicted), strict=True):
            whole = composed(text)
            found = [{"text": whole[s:e], "type": kind, "start": s, "end": e} for s, e, kind in spans]
            records.append({"text": whole, "entities": found})
        return records

    def request_example(self, meta: Meta) -> str:
        """Return a training sentence with an entity."""
        example: str = meta["example"]
        return example
