"""What can be had without a network; all of them know words as the network does, digits as 0."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from seqops.core.interfaces import Meta
from seqops.core.ragged import Split
from seqops.preprocessing.iob2 import Span, iob2_to_spans, spans_to_iob2
from seqops.preprocessing.vocabulary import UNKNOWN
from seqops.tasks.ner.data import encoding
from seqops.tasks.ner.data.alignment import character_spans
from seqops.tasks.ner.data.features import WORD

Words = Sequence[int]
Tagger = Callable[[Words], list[str]]


def nothing(test: Split) -> pd.DataFrame:
    """Find no entity anywhere."""
    return _predicted(test, lambda words: ["O"] * len(words))


def usual_tag(splits: Mapping[str, Split], meta: Meta) -> pd.DataFrame:
    """Give each word the tag that it has most often in training, `O` to a word not seen there."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for words, tags in _training(splits["train"], meta):
        for word, tag in zip(words, tags, strict=True):
            counts[word][tag] += 1
    usual = {word: min(seen, key=lambda tag: (-seen[tag], tag)) for word, seen in counts.items()}
    return _predicted(splits["test"], lambda words: [usual.get(word, "O") for word in words])


def longest_match(splits: Mapping[str, Split], meta: Meta) -> pd.DataFrame:
    """Look up the entities of training from left to right, the longest first.

    An entry is kept only if in training its words are an entity more often than not: a gazetteer with
    the errors weeded out, which is what made it a classical baseline (CoNLL-2003's own was one).
    """
    rows = _training(splits["train"], meta)
    names: dict[tuple[int, ...], Counter[str]] = defaultdict(Counter)
    for words, tags in rows:
        for start, end, kind in iob2_to_spans(tags):
            names[tuple(words[start:end])][kind] += 1
    longest = max((len(name) for name in names), default=0)
    seen = Counter(run for words, _ in rows for run in _runs(words, longest) if run in names)
    kept = {
        name: min(kinds, key=lambda kind: (-kinds[kind], kind))
        for name, kinds in names.items()
        if 2 * kinds.total() > seen[name] and UNKNOWN not in name
    }
    return _predicted(splits["test"], lambda words: spans_to_iob2(_found(words, kept, longest), len(words)))


def _runs(words: Words, longest: int) -> list[tuple[int, ...]]:
    sizes = range(1, longest + 1)
    return [tuple(words[i : i + n]) for n in sizes for i in range(len(words) - n + 1)]


def _found(words: Words, names: Mapping[tuple[int, ...], str], longest: int) -> list[Span]:
    spans: list[Span] = []
    place = 0
    while place < len(words):
        ends = range(min(place + longest, len(words)), place, -1)
        end = next((end for end in ends if tuple(words[place:end]) in names), None)
        if end:
            spans.append((place, end, names[tuple(words[place:end])]))
        place = end or place + 1
    return spans


def _training(train: Split, meta: Meta) -> list[tuple[list[int], list[str]]]:
    """List the words and tags of each training sentence, in the views that are trained on."""
    return [
        (words, tags)
        for view in meta["views"]
        for words, tags in zip(_words(train, view), encoding.tags(train, view, meta), strict=True)
    ]


def _words(split: Split, view: str) -> list[list[int]]:
    features = split.ragged(f"{view}_features")
    return [features[row][:, WORD].tolist() for row in range(len(features))]


def _predicted(test: Split, tag: Tagger) -> pd.DataFrame:
    """Tag both views of the test rows, in the columns of the network's own predictions."""
    offsets = test.ragged("raw_offsets")
    found = [iob2_to_spans(tag(words)) for words in _words(test, "raw")]
    spans = [character_spans(row, np.asarray(offsets[i]).tolist()) for i, row in enumerate(found)]
    columns = {
        name: [[span[place] for span in row] for row in spans]
        for place, name in enumerate(("starts", "ends", "types"))
    }
    return pd.DataFrame({"tags": [tag(words) for words in _words(test, "corpus")], **columns})
