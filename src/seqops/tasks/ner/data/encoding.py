"""Encoding of sentences in two views: the tokens of the corpus, and those of the raw text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqops.core.errors import DataError
from seqops.core.interfaces import Meta
from seqops.core.ragged import Ragged, Split
from seqops.core.score import GROUP
from seqops.preprocessing import near_duplicates
from seqops.preprocessing.iob2 import Span, spans_to_iob2
from seqops.preprocessing.morpheme_vectors import fit_vectors, number_morphemes
from seqops.preprocessing.row_keys import KEYS, keys_column
from seqops.preprocessing.splitting import Mask, group_codes, is_in
from seqops.tasks.ner.data import features
from seqops.tasks.ner.data.alignment import token_spans
from seqops.tasks.ner.data.features import FeatureEncoder, TokenizedSentence, tokenize
from seqops.tasks.ner.data.splits import groups_of, keys_of, units_of

TrainedView = Literal["corpus", "raw", "both"]
TokenizerName = features.TokenizerName
LINE = "\n"
"""Separates the tokens of a sentence in `<view>_forms`; no token contains it, as a sentence is one line."""
VIEWS: dict[str, tuple[str, ...]] = {"corpus": ("corpus",), "raw": ("raw",), "both": ("corpus", "raw")}


def tokens_of(table: pd.DataFrame, view: str, tokenizer: TokenizerName) -> list[TokenizedSentence]:
    """Return the tokens of each sentence in a view: `corpus` (annotated) or `raw` (tokenized text)."""
    if view == "raw":
        return tokenize(list(table["text"]), tokenizer)
    columns = [[list(cell) for cell in table[name]] for name in ("tokens", "pos", "words")]
    if tokenizer != "kiwi":  # the others give no parts of speech, so training must not use any
        columns[1] = [[""] * len(row) for row in columns[1]]
    return [TokenizedSentence(*row) for row in zip(*columns, strict=True)]


def fit_views(
    training: pd.DataFrame, trained: TrainedView, tokenizer: TokenizerName, min_count: int, width: int
) -> Meta:
    """Learn vocabularies from training rows, in the views `trained`."""
    with_entity = training["text"][training["starts"].str.len() > 0]
    return {
        **features.fit_vocabularies(_seen(training, trained, tokenizer), min_count, width),
        "views": list(VIEWS[trained]),
        "example": (with_entity if len(with_entity) else training["text"]).iloc[0],
    }


def fit_morphemes(training: pd.DataFrame, trained: TrainedView, tokenizer: TokenizerName) -> Meta:
    """Learn clusters of the morphemes of training rows, in the views `trained`; see `fit_vectors`."""
    seen = _seen(training, trained, tokenizer)
    return fit_vectors(number for tokens in seen for number in number_morphemes(tokens.forms, tokens.pos))


def words_of(training: pd.DataFrame, trained: TrainedView, tokenizer: TokenizerName) -> list[list[str]]:
    """Return the words of training rows, as in the vocabulary, in the first of the views `trained`."""
    sentences = tokens_of(training, VIEWS[trained][0], tokenizer)
    return [[features.mask_digits(form) for form in tokens.forms] for tokens in sentences]


def _seen(training: pd.DataFrame, trained: TrainedView, tokenizer: TokenizerName) -> list[TokenizedSentence]:
    return [tokens for view in VIEWS[trained] for tokens in tokens_of(training, view, tokenizer)]


def encode(table: pd.DataFrame, split: npt.NDArray[np.str_], tokenizer: TokenizerName, meta: Meta) -> Split:
    """Encode every sentence; columns of each view: `<view>_features`, `<view>_forms`, `<view>_tags`.

    Raises DataError for an entity type that is not in the meta.
    """
    unknown = sorted({kind for row in table["types"] for kind in row} - set(meta["types"]))
    if unknown:
        known = ", ".join(meta["types"])
        raise DataError(f"entity type {unknown[0]} is not in data.types ({known}). Add it.")
    encoder = FeatureEncoder.from_meta(meta)
    corpus, raw = (tokens_of(table, view, tokenizer) for view in ("corpus", "raw"))
    spans = _spans(table["starts"], table["ends"], table["types"])
    projected = [
        spans_to_iob2(token_spans(found, t.offsets), len(t.forms))
        for found, t in zip(spans, raw, strict=True)
    ]
    columns: dict[str, Any] = {
        "corpus_features": Ragged.from_rows((encoder.features(t) for t in corpus), np.int32),
        "corpus_forms": _joined(corpus),
        "corpus_tags": _tag_ids(table["tags"], meta),
        "raw_features": Ragged.from_rows((encoder.features(t) for t in raw), np.int32),
        "raw_forms": _joined(raw),
        "raw_tags": _tag_ids(projected, meta),
        "raw_offsets": _pairs([t.offsets for t in raw]),
        "texts": Ragged.from_texts(table["text"]),
    }
    types = [[meta["types"].index(kind) for kind in row] for row in table["types"]]
    columns["spans"] = _triples(zip(table["starts"], table["ends"], types, strict=True))
    texts, groups = keys_of(table["text"]), groups_of(table)
    columns[GROUP] = group_codes(units_of(table))
    columns[KEYS] = keys_column(texts) if groups == texts else keys_column(groups, texts)
    columns["aligned"] = table["aligned"].to_numpy(np.bool_)
    columns[near_duplicates.NEAR] = near_duplicates.flags(table["text"].to_list(), split)
    columns["leaked"] = leaked(table, split)
    columns["unseen"] = _unseen(table, split == "train")
    return Split(columns)


def request(texts: Sequence[str], tokenizer: TokenizerName, max_length: int, meta: Meta) -> Split:
    """Encode raw texts like the raw view. Raises DataError for more than `max_length` tokens."""
    encoder, found = FeatureEncoder.from_meta(meta), tokenize(texts, tokenizer)
    for number, tokens in enumerate(found, 1):
        if len(tokens.forms) > max_length:
            raise DataError(
                f"input {number} has {len(tokens.forms)} tokens; "
                f"the maximum is {max_length} (data.max_length). "
                "Give it sentence by sentence."
            )
    return Split(
        {
            "raw_features": Ragged.from_rows((encoder.features(t) for t in found), np.int32),
            "raw_forms": _joined(found),
            "raw_offsets": _pairs([t.offsets for t in found]),
        }
    )


def leaked(table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Mask:
    """Mark the test rows whose text also occurs in training or validation: (n,)."""
    keys = np.array(keys_of(table["text"]), object)
    mask: Mask = np.logical_and(split == "test", is_in(keys, keys[np.isin(split, ("train", "validation"))]))
    return mask


def tags(split: Split, view: str, meta: Meta) -> list[list[str]]:
    """Decode the true tags of a view."""
    column = split.ragged(f"{view}_tags")
    return [[meta["tags"][tag] for tag in column[row]] for row in range(len(column))]


def forms(split: Split, view: str) -> list[list[str]]:
    """Decode the tokens of a view, whole and as they are written."""
    texts, lengths = split.ragged(f"{view}_forms").texts(), split.ragged(f"{view}_features").lengths
    return [text.split(LINE)[:length] for text, length in zip(texts, lengths, strict=True)]


def true_spans(split: Split, meta: Meta) -> list[list[Span]]:
    """Decode the true spans of characters."""
    column = split.ragged("spans")
    return [
        [(int(s), int(e), meta["types"][kind]) for s, e, kind in column[row]] for row in range(len(column))
    ]


def predicted_spans(predicted: pd.DataFrame) -> list[list[Span]]:
    """Decode the predicted spans of characters."""
    return _spans(predicted["starts"], predicted["ends"], predicted["types"])


def _spans(*columns: Any) -> list[list[Span]]:
    rows = zip(*columns, strict=True)
    return [[(int(s), int(e), str(k)) for s, e, k in zip(*row, strict=True)] for row in rows]


def _joined(sentences: Sequence[TokenizedSentence]) -> Ragged:
    return Ragged.from_texts(LINE.join(tokens.forms) for tokens in sentences)


def _tag_ids(rows: Iterable[Iterable[str]], meta: Meta) -> Ragged:
    ids = {tag: i for i, tag in enumerate(meta["tags"])}
    return Ragged.from_rows(([ids[tag] for tag in row] for row in rows), np.int32)


def _unseen(table: pd.DataFrame, training: Mask) -> Mask:
    """Mark the rows with an entity whose text is not that of any entity in training: (n,)."""
    spans = _spans(table["starts"], table["ends"], table["types"])
    surfaces = [{text[s:e] for s, e, _ in row} for text, row in zip(table["text"], spans, strict=True)]
    known = set().union(*(surfaces[row] for row in np.flatnonzero(training)))
    return np.array([bool(found - known) for found in surfaces], np.bool_)


def _pairs(rows: Sequence[Sequence[tuple[int, int]]]) -> Ragged:
    return Ragged.from_rows((np.array(row, np.int32).reshape(-1, 2) for row in rows), np.int32)


def _triples(rows: Any) -> Ragged:
    return Ragged.from_rows(
        (np.array([list(c) for c in row], np.int32).T.reshape(-1, 3) for row in rows), np.int32
    )
