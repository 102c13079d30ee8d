"""A beam search for the best translation by phrases, which may change places (Koehn et al. 2003)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from seqops.tasks.translation.model.phrase_extraction import LONGEST, Phrase
from seqops.tasks.translation.model.trigram_model import EDGE

BEAM = 15
"""Hypotheses that are kept for each number of source words translated."""
Span = tuple[int, int]
Scored = Mapping[Span, Sequence[tuple[float, Phrase]]]
"""The translations of the source words from a start to an end with their scores."""
Fluency = Callable[[Phrase, Phrase], float]
"""The score of words after others."""


class State(NamedTuple):
    """What the score of a continuation depends on.

    covered: a bit for each source word that is translated; end: of the last phrase in the source; last: the
    last two words written.
    """

    covered: int
    end: int
    last: Phrase


class Hypothesis(NamedTuple):
    """A beginning of a translation: its score, that with an estimate of the rest, and its words."""

    score: float
    outlook: float
    words: Phrase


def best_translation(
    length: int, options: Scored, fluency: Fluency, jump: float, reach: int
) -> tuple[Phrase, float]:
    """Return the best sequence of phrases for `length` source words, and its score.

    Every source word has a translation of its own. jump: subtracted for each source word between the end of a
    phrase and the start of the next; reach: how far after the first source word without a translation the
    next phrase may start; 0: phrases keep the order of the source.
    """
    rest = _estimates(length, options, fluency, reach)
    ahead = cache(lambda covered: sum(rest[gap] for gap in _gaps(covered, length)))
    written = cache(fluency)
    stacks: list[dict[State, Hypothesis]] = [{} for _ in range(length + 1)]
    stacks[0][State(0, 0, (EDGE, EDGE))] = Hypothesis(0.0, 0.0, ())
    for translated, stack in enumerate(stacks[:-1]):
        kept = sorted(stack.items(), key=lambda item: (-item[1].outlook, item[0]))[:BEAM]
        for (covered, last_end, last), before in kept:
            for start, end in _free_spans(covered, length, reach):
                found = options.get((start, end))
                if not found:
                    continue
                after = covered | (1 << end) - (1 << start)
                base = before.score - jump * abs(start - last_end)
                later = stacks[translated + end - start]
                for chance, phrase in found:
                    score = base + chance + written(last, phrase)
                    state = State(after, end, (*last, *phrase)[-2:])
                    if state not in later or score > later[state].score:
                        later[state] = Hypothesis(score, score + ahead(after), before.words + phrase)
    ended = ((found.score + fluency(state.last, (EDGE,)), found.words) for state, found in stacks[-1].items())
    score, words = max(ended)
    return words, score


def _first_free(covered: int) -> int:
    """Return the index of the first source word without a translation."""
    return (~covered & covered + 1).bit_length() - 1


def _free_spans(covered: int, length: int, reach: int) -> Iterator[Span]:
    """Yield the spans without a translated word that start within reach of the first of these words."""
    first = _first_free(covered)
    for start in range(first, min(first + reach + 1, length)):
        for end in range(start + 1, min(start + LONGEST, length) + 1):
            if covered >> end - 1 & 1:
                break
            yield start, end


def _gaps(covered: int, length: int) -> Iterator[Span]:
    """Yield the longest spans without a translated word."""
    start, after = _first_free(covered), covered.bit_length()
    for i in range(start, after):
        if covered >> i & 1:
            if start < i:
                yield start, i
            start = i + 1
    if start < length:
        yield start, length


def _estimates(length: int, options: Scored, fluency: Fluency, reach: int) -> dict[Span, float]:
    """Estimate the score of each possible gap: of the best phrases in order, without the words before each.

    A gap before a translated word is no wider than `reach`; any other ends with the sentence.
    """
    best = {
        span: max(chance + fluency((), phrase) for chance, phrase in found)
        for span, found in options.items()
        if found
    }
    inner = ((start, start + width) for width in range(2, reach + 1) for start in range(length - width))
    for start, end in chain(inner, ((start, length) for start in reversed(range(length - 1)))):
        middles = range(start + 1, min(start + LONGEST, end - 1) + 1)
        halves = (best[start, middle] + best[middle, end] for middle in middles if (start, middle) in best)
        best[start, end] = max(best.get((start, end), float("-inf")), *halves)
    return best
