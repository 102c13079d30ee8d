"""Simulated test rows scored by a model with several seeds, with intervals over seeds and rows.

A seed has a score of its own over all possible rows: from a beta distribution (or a normal one, if
unbounded) around the true mean. Its standard deviation is a multiple of that of the score over test splits.
Rows that are hard for one seed are hard for the others.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import beta
from shapes import score_of
from simulation import RESAMPLES

from seqops.core.score import POSITIVE, SHARE
from seqops.metrics.entity_spans import f1
from seqops.metrics.seeds import interval_over_seeds

NOISES = (0.0, 0.5, 1.0, 2.0)
"""Standard deviations over seeds, as multiples of that over test splits."""
SEEDS = (3, 5)


@dataclass(frozen=True)
class Shape:
    """Draws the scores of several seeds; true: the mean of their scores over all possible rows."""

    true: float

    def draw(self, generator, means):
        """Draw the rows, and the score on them of each seed, whose scores over all rows are `means`."""
        raise NotImplementedError

    @cached_property
    def row_noise(self):
        """The standard deviation over test splits of the score of one seed."""
        generator = np.random.default_rng(5)
        return np.std([self.draw(generator, [self.true])[0].point() for _ in range(1000)])

    def means(self, generator, noise, seeds):
        """Draw the score of each seed over all possible rows."""
        spread = noise * self.row_noise
        if not spread:
            return np.full(seeds, self.true)
        size = self.true * (1 - self.true) / spread**2 - 1
        return generator.beta(self.true * size, (1 - self.true) * size, seeds)

    def __hash__(self):
        return hash(repr(self))


def shared(generator, seeds, rows, common):
    """Draw (seeds, rows) uniforms; in the share `common` of them, all seeds have the same one."""
    own = generator.random((seeds, rows))
    return np.where(generator.random((seeds, rows)) < common, generator.random(rows), own)


@dataclass(frozen=True, eq=False)
class Accuracy(Shape):
    """Rows that are right or wrong."""

    rows: int = 200

    def draw(self, generator, means):
        right = shared(generator, len(means), self.rows, 0.7) < np.asarray(means)[:, None]
        return [score_of(np.stack([row, np.ones(self.rows)], 1), limits=SHARE) for row in right]


@dataclass(frozen=True, eq=False)
class Phrases(Shape):
    """Rows that are right or wrong, several to a sentence, whose difficulty they share."""

    sentences: int = 100
    common: float = 3.0

    def draw(self, generator, means):
        sizes = 1 + generator.poisson(5, self.sentences)
        groups = np.repeat(np.arange(self.sentences), sizes)
        hard = generator.random(self.sentences)[groups]
        easy = [beta.ppf(hard, self.common * mean, self.common * (1 - mean)) for mean in means]
        right = generator.random((len(means), len(groups))) < np.array(easy)
        ones = np.ones(len(groups))
        return [score_of(np.stack([row, ones], 1), groups=groups, limits=SHARE) for row in right]


@dataclass(frozen=True, eq=False)
class Spans(Shape):
    """Sentences with entities, in documents of four sentences that are harder or easier as a whole; F1."""

    documents: int = 60

    def draw(self, generator, means):
        groups = np.repeat(np.arange(self.documents), 4)
        hard, spans = generator.random(self.documents), generator.poisson(2.0, len(groups))
        return [self._score(generator, groups, hard, spans, mean) for mean in means]

    def _score(self, generator, groups, hard, spans, mean):
        recall = 1.8 * mean / (2 - 0.2 * mean)  # of an F1 with 0.8 false spans for each missed one
        quality = beta.ppf(hard, 8 * recall, 8 * (1 - recall))[groups]
        hits, false = generator.binomial(spans, quality), generator.poisson(2.0 * (1 - quality) * 0.8)
        return score_of(np.stack([hits, false, spans - hits], 1), f1, groups=groups, limits=SHARE)


@dataclass(frozen=True, eq=False)
class Passages(Shape):
    """Passages of a text in order, whose mood persists, and their nats."""

    passages: int = 435
    persistence: float = 0.3

    def means(self, generator, noise, seeds):
        return self.true + noise * self.row_noise * generator.standard_normal(seeds)

    def draw(self, generator, means):
        characters, steps = (
            60 + generator.poisson(20, self.passages),
            generator.standard_normal(self.passages),
        )
        mood = np.empty(self.passages)
        mood[0] = steps[0]
        for i in range(1, self.passages):
            mood[i] = self.persistence * mood[i - 1] + np.sqrt(1 - self.persistence**2) * steps[i]
        own = 0.1 * generator.standard_normal((len(means), self.passages))
        nats = np.asarray(means)[:, None] * np.exp(0.3 * mood - 0.3**2 / 2) + own
        return [
            score_of(np.stack([characters * row, characters], 1), higher=False, block=36, limits=POSITIVE)
            for row in nats
        ]


SHAPES = {
    "accuracy 0.8 of 200 rows": Accuracy(0.8, 200),
    "accuracy 0.97 of 200 rows": Accuracy(0.97, 200),
    "accuracy 0.7 of phrases of 100 sentences": Phrases(0.7, 100),
    "F1 0.69 of 240 sentences in 60 documents": Spans(0.69, 60),
    "F1 0.95 of 240 sentences in 60 documents": Spans(0.95, 60),
    "nats of 435 passages in order": Passages(1.5, 435),
}


def coverages(shape, noise, seeds, count):
    """Return the coverage of the interval over seeds and rows, and of a plain hierarchical bootstrap."""
    generator = np.random.default_rng([zlib.crc32(repr(shape).encode()), int(10 * noise), seeds])
    found = []
    for _ in range(count):
        scores = shape.draw(generator, shape.means(generator, noise, seeds))
        ours = interval_over_seeds(scores)
        found.append(
            [
                low <= shape.true <= high
                for low, high in ((ours.low, ours.high), hierarchical(scores, generator))
            ]
        )
    return tuple(np.mean(found, axis=0).tolist())


def hierarchical(scores, generator):
    """Return the percentile interval of resamples of the seeds, and of the units, with replacement."""
    units = np.stack([score.by_unit() for score in scores])  # (seeds, units, k)
    seeds, n, _ = units.shape
    counts = generator.multinomial(n, np.full(n, 1 / n), RESAMPLES)
    drawn = generator.integers(0, seeds, (RESAMPLES, seeds))
    values = np.stack([scores[0].value(counts @ one) for one in units], 1)  # (resamples, seeds)
    return np.quantile(np.take_along_axis(values, drawn, 1).mean(axis=1), [0.025, 0.975])
