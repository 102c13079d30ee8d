"""N-grams of characters with modified Kneser-Ney smoothing as the model of the task, without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta, Metrics
from seqops.core.predictors import ClassicalModel
from seqops.core.ragged import Array, Ragged, Split
from seqops.preprocessing.vocabulary import UNKNOWN
from seqops.tasks.textgen.data import tokenizer
from seqops.tasks.textgen.data.tokenizer import BREAK, CharacterTokenizer
from seqops.tasks.textgen.data.windows import joined_text
from seqops.tasks.textgen.model import held_out_discounts, prompts, samples, writing
from seqops.tasks.textgen.model.held_out_discounts import MAX_ORDER
from seqops.tasks.textgen.model.kneser_ney import Floats, Ints, KneserNeyTables
from seqops.tasks.textgen.model.writing import Sampling


@dataclass(frozen=True)
class CharacterModel:
    """A fitted model: the characters of the training text, and the counts of their n-grams.

    Any other character costs the nats of the unknown one plus those of a uniform choice among all characters
    of Unicode that the training text lacks, as in a network.
    """

    characters: Sequence[str]
    tables: KneserNeyTables

    @classmethod
    def fit(cls, training: str, validation: str) -> CharacterModel:
        """Count the training text; order and discounts are best on the validation text that follows it."""
        fitted = tokenizer.fit_tokenizer(training, "character", 1, 0)["vocabulary"]
        empty = cls(
            fitted[CharacterTokenizer.n_special_tokens :], KneserNeyTables([], [], np.zeros((0, 4)), 0)
        )
        known = len(empty.characters)
        text, held_out = empty.symbols(training), empty.symbols(validation)
        tables = held_out_discounts.fit(text, text[-MAX_ORDER:], held_out, known)
        return cls(empty.characters, tables)

    @property
    def order(self) -> int:
        """Characters of the longest n-gram."""
        return len(self.tables.keys)

    @cached_property
    def _tokens(self) -> CharacterTokenizer:
        return CharacterTokenizer(["", "", *self.characters])

    def symbols(self, text: str) -> Ints:
        """Return the index of every character; the number of known ones stands for all others."""
        ids = self._tokens.encode(text)
        found = np.where(ids == UNKNOWN, len(self.characters), ids - self._tokens.n_special_tokens)
        return found.astype(np.int64)

    def nats(self, text: str, history: str = "") -> Floats:
        """Return the negative log-likelihood of every character of a text after a history: (N,)."""
        [found] = self.nats_of_rows([text], [history])
        return found

    def nats_of_rows(self, texts: Sequence[str], histories: Sequence[str]) -> list[Floats]:
        """Return the negative log-likelihood of the characters of each text after its history."""
        # no n-gram has the unknown symbol, so that none crosses the start of a row
        barrier = np.array([len(self.characters)], np.int64)
        heads = [self.symbols(history[-MAX_ORDER:]) for history in histories]
        bodies = [self.symbols(text) for text in texts]
        rows = [np.concatenate(row) for row in zip([barrier] * len(texts), heads, bodies, strict=True)]
        queries = np.concatenate([np.zeros(0, np.int64), *rows])
        extra = np.where(queries == barrier, self._tokens.extra_nats[UNKNOWN], 0.0)
        every = extra - np.log(self.tables.probabilities(queries))
        ends = np.cumsum([len(row) for row in rows])
        return [every[end - len(body) : end] for end, body in zip(ends, bodies, strict=True)]

    def ranks(self, text: str) -> list[int]:
        """Return the ranks of the n-grams that end with a text, as `KneserNeyTables.read` does."""
        ranks = [0]
        for symbol in self.symbols(text[-MAX_ORDER:]).tolist():
            ranks = self.tables.read(symbol, ranks)
        return ranks

    def write(self, prompt: str, uniform: Floats, sampling: Sampling) -> Iterator[str]:
        """Yield a character after a prompt for each number of [0, 1)."""
        ranks = self.ranks(prompt)
        for number in uniform:
            symbol = sampling.choose(self.tables.next_symbol(ranks)[:-1], float(number))
            yield self.characters[symbol]
            ranks = self.tables.read(symbol, ranks)


@dataclass(frozen=True)
class KneserNey(ClassicalModel):
    """The model of the task; its fields are the defaults of requests, and `length` counts characters."""

    temperature: float
    top_k: int
    top_p: float
    length: int
    seed: int

    def fit(self, metrics: Metrics, splits: Mapping[str, Split], meta: Meta) -> CharacterModel:
        """Count the training text; validation text chooses order and discounts."""
        return CharacterModel.fit(joined_text(splits["train"]), joined_text(splits["validation"]))

    def predict(self, model: CharacterModel, split: Split, meta: Meta) -> pd.DataFrame:
        """Return the negative log-likelihood of held-out passages, or continuations of prompts."""
        if "scored" in split.columns:
            return self._cost(model, split, meta)
        requests = prompts.with_defaults(split, vars(self))
        return writing.continuations(requests, partial(_write, model))

    def stream(self, model: CharacterModel, split: Split, meta: Meta) -> Iterator[str]:
        """Generate a continuation of one prompt, a few characters at a time."""
        return writing.pieces(prompts.with_defaults(split, vars(self)), partial(_write, model))

    def generated_samples(self, model: CharacterModel, meta: Meta) -> pd.DataFrame:
        """Generate continuations of the training text's first words at rising temperatures."""
        return samples.generated(self, model, meta)

    def _cost(self, model: CharacterModel, split: Split, meta: Meta) -> pd.DataFrame:
        """Return the nats of each passage given its context, and those of its tokens."""
        texts, contexts = split.ragged("text").texts(), split.ragged("context").texts()
        tokens = tokenizer.tokenizer_from_meta(meta)
        rows = zip(texts, model.nats_of_rows(texts, contexts), strict=True)
        each = [_of_tokens(text, nats, tokens) for text, nats in rows]
        return pd.DataFrame({"nats": [row.sum() for row in each], "each": [row.tolist() for row in each]})

    def to_arrays(self, model: CharacterModel) -> dict[str, Array]:
        """Return the characters as UTF-8 bytes, the discounts, and the n-grams of every order."""
        characters = Ragged.from_texts(model.characters)
        arrays = {"characters": characters.values, "offsets": characters.offsets}
        arrays["discounts"] = model.tables.discounts
        pairs = zip(model.tables.keys, model.tables.counts, strict=True)
        for order, (keys, counts) in enumerate(pairs, 1):
            arrays |= {f"keys.{order}": keys, f"counts.{order}": counts.astype(np.int32)}
        return arrays

    def from_arrays(self, arrays: Mapping[str, Array], meta: Meta) -> CharacterModel:
        """Return the model of the arrays."""
        characters = Ragged(arrays["characters"], arrays["offsets"]).texts()
        orders = range(1, sum(name.startswith("keys.") for name in arrays) + 1)
        counts = [arrays[f"counts.{order}"].astype(np.int64) for order in orders]
        keys = [arrays[f"keys.{order}"] for order in orders]
        tables = KneserNeyTables(keys, counts, arrays["discounts"], len(characters))
        return CharacterModel(characters, tables)


def _write(
    model: CharacterModel, requests: Split, row: int, uniform: Floats, sampling: Sampling
) -> Iterator[str]:
    return model.write(BREAK + requests.ragged("prompt").texts()[row], uniform, sampling)


def _of_tokens(text: str, nats: Floats, tokens: tokenizer.Tokenizer) -> Floats:
    """Return the nats of the tokens of a text; nats: of its characters, each of the token that it ends in."""
    ids = tokens.encode(text)
    token_ends = np.cumsum(tokens.byte_lengths(text, ids))
    character_ends = np.cumsum([len(character.encode()) for character in text])
    found = np.bincount(np.searchsorted(token_ends, character_ends), nats, minlength=len(ids))
    return np.asarray(found, np.float64)
