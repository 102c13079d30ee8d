"""Dataset of the translation task: sentence pairs, split by source, encoded as subwords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core import interfaces
from seqops.core.constrained_types import Count, Fraction, Positive
from seqops.core.errors import ConfigError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.core.records import Expectation
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.named_splits import NAMED, leaked_counts, named_or_drawn
from seqops.preprocessing.row_keys import KEYS, hash_fractions, keys_column
from seqops.preprocessing.scripts import bleu_tokenizer
from seqops.preprocessing.splitting import Mask
from seqops.preprocessing.subwords import Subwords
from seqops.tasks.translation.data import checks, encoding
from seqops.tasks.translation.data.encoding import (
    KNOWN_REFERENCE,
    TOKENIZER,
    firsts_of,
    has_known_target,
    held_out,
    ids_of,
    keys_of,
    repeats,
    rows_of,
)
from seqops.tasks.translation.data.reader import read_pairs
from seqops.tasks.translation.data.sample import sentence_pairs


@dataclass(frozen=True)
class Dataset(interfaces.Dataset):
    """Sentence pairs of two languages.

    Attributes
    ----------
    source_column, target_column
        Column of the sentence in a tab-separated file, counted from 0; two parallel files ignore it.
    vocabulary
        Maximum number of subwords of each language, or of both together if `joint` is true.
    joint
        Whether both languages share one vocabulary.
    validation_share, test_share
        Share of the distinct source sentences in the split.
    max_length
        Maximum number of characters of a sentence; longer ones are rejected.
    min_rows
        Minimum number of sentence pairs; smaller data is rejected.
    """

    registered_name: ClassVar[str] = "seq2seq-translator"
    takes_named_splits: ClassVar[bool] = True

    source_column: Count
    target_column: Count
    vocabulary: Positive
    joint: bool
    validation_share: Fraction
    test_share: Fraction
    max_length: Positive
    min_rows: Positive

    def __post_init__(self) -> None:
        if self.source_column == self.target_column:
            raise ConfigError(
                f"data.source_column and data.target_column are both {self.source_column}. "
                "Name the columns of the two languages, counted from 0."
            )

    def sample(self) -> Mapping[str, bytes]:
        """Generate English-Spanish pairs, tab-separated."""
        lines = [f"{source}\t{target}\n" for source, target in sentence_pairs()]
        return {"pairs.tsv": "".join(lines).encode()}

    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse one tab-separated file or two parallel ones: line, source, target."""
        return read_pairs(raw, self.source_column, self.target_column)

    def assign_splits(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Assign splits by a hash of the source, so that all translations of a sentence stay together.

        Splits that `source` names are kept. A pair that occurs before is `unused`, unless its file is named
        for a held-out split.
        """
        repeated = repeats(table)
        if NAMED in table:
            names = named_or_drawn(table, keys_of(table), self.validation_share, 0)
            return np.where(repeated & (table[NAMED] == "train"), "unused", names)
        fraction = hash_fractions(keys_of(table))
        validation = fraction < self.test_share + self.validation_share
        splits = [repeated, fraction < self.test_share, validation]
        return np.select(splits, ["unused", "test", "validation"], "train")

    def with_checked_columns(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add the split, the number of splits in which a row's source occurs, and near-duplicates."""
        return checks.with_checked_columns(super().with_checked_columns(table))

    def remarks(self, checked: pd.DataFrame) -> Sequence[str]:
        """Say which direction is learnt, and what was left out or may be untranslated."""
        return checks.remarks(checked)

    def leakage(self, checked: pd.DataFrame) -> Mapping[str, int]:
        """Count held-out sources with a near-duplicate or with a reference in training."""
        sources = checked[~pd.Series(keys_of(checked), checked.index).duplicated()]
        known = sources["split"][sources["known_reference"]].value_counts()
        return {
            **near_duplicates.counts(sources),
            **leaked_counts(checked, "source"),
            **{
                f"{name} rows with a reference that is a training target": int(known.get(name, 0))
                for name in ("validation", "test")
            },
        }

    def expectations(self) -> Sequence[Expectation]:
        """List the checks of the pairs."""
        return checks.expectations(self.max_length, self.min_rows)

    def training_words(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> list[list[str]]:
        """Return the words and punctuation marks of each training source once, in lower case."""
        sources = table["source"][split == "train"].drop_duplicates()
        return [encoding.split_words(text) for text in sources]

    def fit_encoding(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn subwords, words, token counts and the mean target length from the training pairs."""
        training = table[split == "train"]
        source, target = self._subwords(training)
        targets = ids_of(target, firsts_of(training["target"]))
        tokenizer = bleu_tokenizer(" ".join(training["target"]))
        return {
            **({} if tokenizer == "13a" else {TOKENIZER: tokenizer}),
            "source": source.json,
            "target": target.json,
            "source_size": len(source),
            "target_size": len(target),
            "target_counts": np.bincount(targets.values, minlength=len(target)).tolist(),
            "target_length": float(targets.lengths.mean()),
            "words": sorted({word for text in training["source"] for word in encoding.split_words(text)}),
            "example": str(training["source"].iloc[0]),
        }

    def encode(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode training pairs in order, and held-out rows one per source, with all references.

        A file that `source` names for a split is encoded line by line, as the published scores on it are.
        """
        source, target = Subwords(meta["source"]), Subwords(meta["target"])
        training, near = table[split == "train"], near_duplicates.flags(list(table["source"]), split)
        keys = pd.Series(keys_of(table), table.index)
        known = has_known_target(table, split).groupby(keys).transform("any").to_numpy()
        rows = rows_of(list(training["source"]), list(training["target"]), source, target)
        splits = {"train": _with_flags(rows, training, near[split == "train"], known[split == "train"])}
        for name in ("validation", "test"):
            part = table[split == name]
            first = ~pd.Series(keys_of(part), dtype=object).duplicated().to_numpy() | (NAMED in table)
            rows = held_out(part, source, target)
            flags = near[split == name][first], known[split == name][first]
            splits[name] = _with_flags(rows, part[first], *flags)
        return splits

    def _subwords(self, training: pd.DataFrame) -> tuple[Subwords, Subwords]:
        if self.joint:
            both = Subwords.train([*training["source"], *training["target"]], self.vocabulary)
            return both, both
        return (
            Subwords.train(training["source"], self.vocabulary),
            Subwords.train(training["target"], self.vocabulary),
        )


def _with_flags(rows: Split, table: pd.DataFrame, near: Mask, known: Mask) -> Split:
    """Add what rows share with training, and the keys of their sources, which the table has."""
    keyed = Split({**rows.columns, KEYS: keys_column(keys_of(table)), KNOWN_REFERENCE: known})
    return near_duplicates.with_flags(keyed, near)
