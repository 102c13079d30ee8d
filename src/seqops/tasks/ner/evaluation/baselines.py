"""Baseline taggers without a network; they see whole words (digits as 0), rare ones too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.preprocessing.iob2 import Span, iob2_to_spans, spans_to_iob2
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.data.features import mask_digits
from seqops.tasks.ner.model.predictions import predictions

Words = Sequence[str]
Tagger = Callable[[Words], list[str]]


def always_outside(test: Split) -> pd.DataFrame:
    """Tag every token `O`."""
    return _predicted(test, lambda words: ["O"] * len(words))


def usual_tag(splits: Mapping[str, Split], meta: Meta) -> pd.DataFrame:
    """Tag each word with its most frequent tag in training, and unseen words with `O`."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for words, tags in _training(splits["train"], meta):
        for word, tag in zip(words, tags, strict=True):
            counts[word][tag] += 1
    usual = {word: min(seen, key=lambda tag: (-seen[tag], tag)) for word, seen in counts.items()}
    return _predicted(splits["test"], lambda words: [usual.get(word, "O") for word in words])


def longest_match(splits: Mapping[str, Split], meta: Meta) -> pd.DataFrame:
    """Look up the training entities from left to right, the longest match first.

    An entry is kept only if its words are an entity in more than half of their occurrences in training. This
    lookup in a filtered gazetteer is the baseline of CoNLL-2003.
    """
    rows = _training(splits["train"], meta)
    names: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for words, tags in rows:
        for start, end, kind in iob2_to_spans(tags):
            names[tuple(words[start:end])][kind] += 1
    longest = max((len(name) for name in names), default=0)
    seen = Counter(ngram for words, _ in rows for ngram in _ngrams(words, longest) if ngram in names)
    kept = {
        name: min(kinds, key=lambda kind: (-kinds[kind], kind))
        for name, kinds in names.items()
        if 2 * kinds.total() > seen[name]
    }
    return _predicted(splits["test"], lambda words: spans_to_iob2(_matches(words, kept, longest), len(words)))


def _ngrams(words: Words, longest: int) -> list[tuple[str, ...]]:
    sizes = range(1, longest + 1)
    return [tuple(words[i : i + n]) for n in sizes for i in range(len(words) - n + 1)]


def _matches(words: Words, names: Mapping[tuple[str, ...], str], longest: int) -> list[Span]:
    spans: list[Span] = []
    start = 0
    while start < len(words):
        ends = range(min(start + longest, len(words)), start, -1)
        end = next((end for end in ends if tuple(words[start:end]) in names), None)
        if end:
            spans.append((start, end, names[tuple(words[start:end])]))
        start = end or start + 1
    return spans


def _training(train: Split, meta: Meta) -> list[tuple[list[str], list[str]]]:
    """Return the words and tags of each training sentence, in the views trained on."""
    return [
        (words, tags)
        for view in meta["views"]
        for words, tags in zip(_words(train, view), encoding.tags(train, view, meta), strict=True)
    ]


def _words(split: Split, view: str) -> list[list[str]]:
    return [[mask_digits(form) for form in row] for row in encoding.forms(split, view)]


def _predicted(test: Split, tag: Tagger) -> pd.DataFrame:
    """Tag both views of the test rows."""
    return predictions(
        test, {view: [tag(words) for words in _words(test, view)] for view in encoding.VIEWS["both"]}
    )
