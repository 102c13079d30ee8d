"""Data shaped like the test rows of each task, with scores whose true values are known.

A shape draws the scores of one system, or of two equal ones, from a generator.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from seqops.core.score import PERCENT, POSITIVE, SHARE, Score
from seqops.metrics import classification, translation
from seqops.metrics.entity_spans import f1
from seqops.metrics.forecasting import NEIGHBOURS, root
from seqops.metrics.ratio import ratio
from seqops.tasks.textgen.metrics import BLOCKS

STEPS = 12  # of a forecast
CONFIDENT = 0.3  # scale of the noise that tells two equal forecasters apart, in innovations


def score_of(statistics, value=ratio, higher=True, **more):
    return Score("score", np.asarray(statistics, np.float64), value, higher, "simulated", **more)


def backtest(errors, distance=1):
    """Score the errors of origins `distance` steps apart: (origins, steps)."""
    origins, steps = errors.shape
    statistics = np.stack([errors.sum(1), np.full(origins, steps)], 1)
    block = max(NEIGHBOURS, -(-steps // distance))
    return score_of(statistics, ratio, False, block=block, unit="origin", limits=POSITIVE)


@dataclass(frozen=True)
class Accuracy:
    """Rows that are right or wrong; disagree: share of rows of which exactly one of two systems is right."""

    rows: int
    true: float
    disagree: float = 0.1

    def one(self, generator):
        return self._score(generator.random(self.rows) < self.true)

    def two(self, generator):
        which = generator.random(self.rows)
        agreed = generator.random(self.rows) < self.true
        ours = np.where(which < self.disagree, which < self.disagree / 2, agreed)
        theirs = np.where(which < self.disagree, which >= self.disagree / 2, agreed)
        return self._score(ours), self._score(theirs)

    def _score(self, right):
        return score_of(np.stack([right, np.ones(self.rows)], 1), limits=SHARE)


@dataclass(frozen=True)
class Phrases:
    """Rows that are right or wrong, several to a sentence, whose difficulty they share.

    unequal: whether the numbers of rows are log-normal with deviation 1.
    """

    sentences: int
    true: float = 0.7
    phrases: int = 6
    common: float = 3.0
    unequal: bool = False

    def one(self, generator):
        return self._draw(generator, *self._sentences(generator))

    def two(self, generator):
        groups, difficulty = self._sentences(generator)
        return self._draw(generator, groups, difficulty), self._draw(generator, groups, difficulty)

    def _sentences(self, generator):
        if self.unequal:
            sizes = np.ceil(self.phrases * generator.lognormal(-0.5, 1.0, self.sentences)).astype(int)
        else:
            sizes = 1 + generator.poisson(self.phrases - 1, self.sentences)
        quality = generator.beta(self.true * self.common, (1 - self.true) * self.common, self.sentences)
        return np.repeat(np.arange(self.sentences), sizes), np.repeat(quality, sizes)

    def _draw(self, generator, groups, quality):
        right = generator.random(len(groups)) < quality
        return score_of(np.stack([right, np.ones(len(groups))], 1), groups=groups, limits=SHARE)


@dataclass(frozen=True)
class Labelled:
    """Rows of several classes; shares: of the classes; right: probability of the right one."""

    rows: int
    shares: tuple[float, ...]
    right: float

    def one(self, generator):
        return self._draw(generator, self._truth(generator))

    def two(self, generator):
        truth = self._truth(generator)
        return self._draw(generator, truth), self._draw(generator, truth)

    def _truth(self, generator):
        return generator.choice(len(self.shares), self.rows, p=self.shares)


@dataclass(frozen=True)
class Classes(Labelled):
    """Wrong rows by the shares of the classes; score: a function of the confusion matrix in `metrics`."""

    score: str = "macro_f1"

    @property
    def true(self):
        shares = np.array(self.shares)
        wrong = (1 - self.right) * shares / (1 - shares[:, None])
        table = shares[:, None] * np.where(np.eye(len(shares)), self.right, wrong)
        return float(getattr(classification, self.score)(table.ravel()))

    def _draw(self, generator, truth):
        chances = np.tile(self.shares, (self.rows, 1))
        chances[np.arange(self.rows), truth] = 0
        chances *= (1 - self.right) / chances.sum(1, keepdims=True)
        chances[np.arange(self.rows), truth] = self.right
        predicted = (generator.random((self.rows, 1)) > np.cumsum(chances, 1)).sum(1)
        predicted = np.minimum(predicted, len(self.shares) - 1)
        cells = classification.confusion(truth, predicted, len(self.shares))
        value = getattr(classification, self.score)
        if self.score != "macro_f1":
            return score_of(cells, value)
        return score_of(cells, value, limits=SHARE, no_interval=classification.few_rows_of_a_class)


@dataclass(frozen=True)
class Spans:
    """Sentences with entities, in documents of four sentences that are harder or easier as a whole."""

    documents: int
    recall: float

    @property
    def true(self):
        return 2 * self.recall / (2 * self.recall + 1.8 * (1 - self.recall))

    def one(self, generator):
        return self._draw(generator, self._quality(generator))

    def two(self, generator):
        quality = self._quality(generator)
        return self._draw(generator, quality), self._draw(generator, quality)

    def _quality(self, generator):
        return generator.beta(8 * self.recall, 8 * (1 - self.recall), self.documents)

    def _draw(self, generator, quality):
        groups, quality = np.repeat(np.arange(self.documents), 4), np.repeat(quality, 4)
        spans = generator.poisson(2.0, len(groups))
        hits, false = generator.binomial(spans, quality), generator.poisson(2.0 * (1 - quality) * 0.8)
        return score_of(np.stack([hits, false, spans - hits], 1), f1, groups=groups, limits=SHARE)


@dataclass(frozen=True)
class Translations:
    """Sentences with matching n-grams, scored by BLEU."""

    sentences: int
    quality: float

    @property
    def true(self):
        million = replace(self, sentences=1_000_000)
        return million.one(np.random.default_rng(99)).point()

    def one(self, generator):
        return self._draw(generator, self._sentences(generator))

    def two(self, generator):
        sentences = self._sentences(generator)
        return self._draw(generator, sentences), self._draw(generator, sentences)

    def _sentences(self, generator):
        length = np.maximum(4, generator.poisson(8, self.sentences))
        reference = length + generator.integers(-1, 2, self.sentences)
        quality = generator.beta(3 * self.quality, 3 * (1 - self.quality), self.sentences)
        return length, reference, quality

    def _draw(self, generator, sentences):
        length, reference, quality = sentences
        totals = np.stack([length - order for order in range(4)], 1)
        chances = np.stack([quality ** (1 + order / 2) for order in range(4)], 1)
        matches = generator.binomial(totals, chances)
        statistics = np.concatenate([length[:, None], reference[:, None], matches, totals], 1)
        return score_of(statistics, translation._bleu, limits=PERCENT)


@dataclass(frozen=True)
class Passages:
    """Passages of a text in order; persistence: correlation of the mood of neighbours; 0: independent."""

    passages: int
    persistence: float = 0.0
    skew: float = 0.5

    @property
    def true(self):
        return float(np.exp(self.skew**2 / 2))

    def one(self, generator):
        characters, mood = self._text(generator)
        return self._score(characters, np.exp(self.skew * mood))

    def two(self, generator):
        characters, mood = self._text(generator)
        apart = [self.skew * mood + 0.1 * self._mood(generator) for _ in range(2)]
        return tuple(self._score(characters, np.exp(logs)) for logs in apart)

    def _text(self, generator):
        return 60 + generator.poisson(20, self.passages), self._mood(generator)

    def _mood(self, generator):
        noise = generator.standard_normal(self.passages)
        if not self.persistence:
            return noise
        mood, scale = np.empty(self.passages), np.sqrt(1 - self.persistence**2)
        mood[0] = noise[0]
        for i in range(1, self.passages):
            mood[i] = self.persistence * mood[i - 1] + scale * noise[i]
        return mood

    def _score(self, characters, nats):
        block = self.passages // BLOCKS if self.persistence else 1
        statistics = np.stack([characters * nats, characters], 1)
        return score_of(statistics, ratio, False, block=block, limits=POSITIVE)


@dataclass(frozen=True)
class Plays:
    """Passages of a text of several plays, each with a level of its own; length: mean passages of a play."""

    passages: int
    length: int
    true: float = 1.0

    def one(self, generator):
        return self._score(generator, self._levels(generator, 0.08))

    def two(self, generator):
        """Two systems of which one is better in some plays, the other in others."""
        common = self._levels(generator, 0.08)
        return self._score(generator, common), self._score(generator, common + self._levels(generator, 0.02))

    def _levels(self, generator, deviation):
        levels = []
        while len(levels) < self.passages:
            levels += [generator.normal(0.0, deviation)] * max(5, int(generator.exponential(self.length)))
        return np.array(levels[: self.passages])

    def _score(self, generator, levels):
        nats = self.true + levels + generator.normal(0, 0.12, self.passages)
        statistics = np.stack([nats, np.ones(self.passages)], 1)
        block = self.passages // BLOCKS
        return score_of(statistics, ratio, False, block=block, limits=POSITIVE)


@dataclass(frozen=True)
class Forecasts:
    """A backtest of forecasts of `steps` steps whose errors accumulate as those of a random walk do.

    distance: steps between origins; memory: 1 for a random walk, less for errors that fade.
    """

    origins: int
    distance: int = 1
    steps: int = STEPS
    memory: float = 1.0
    noise: float = CONFIDENT

    @property
    def true(self):
        """The mean over steps of the mean absolute error of a normal error with the variance of the step."""
        fade = self.memory ** (2 * np.arange(self.steps))
        spread = np.sqrt(np.cumsum(fade) + self.noise**2 * np.arange(1, self.steps + 1))
        return float(np.sqrt(2 / np.pi) * spread.mean())

    def one(self, generator):
        return self._score(self._errors(generator, self._innovations(generator)))

    def two(self, generator):
        innovations = self._innovations(generator)
        return tuple(self._score(self._errors(generator, innovations)) for _ in range(2))

    def _innovations(self, generator):
        return generator.standard_normal((self.origins - 1) * self.distance + self.steps)

    def _errors(self, generator, innovations):
        own = generator.standard_normal(self.origins)
        starts, error, errors = np.arange(self.origins) * self.distance, 0.0, []
        for step in range(self.steps):
            error = self.memory * error + innovations[starts + step]
            errors.append(np.abs(error + self.noise * np.sqrt(step + 1) * own))
        return np.stack(errors, 1)

    def _score(self, errors):
        return backtest(errors, self.distance)


@dataclass(frozen=True)
class RootMeanSquare:
    """One-step errors of a t distribution, scored by the root of their mean square."""

    origins: int
    freedom: float

    @property
    def true(self):
        return float(np.sqrt(self.freedom / (self.freedom - 2)))

    def one(self, generator):
        squares = generator.standard_t(self.freedom, self.origins) ** 2
        statistics = np.stack([squares, np.ones(self.origins)], 1)
        return score_of(statistics, root, False, block=NEIGHBOURS, unit="origin", limits=POSITIVE)


@dataclass(frozen=True)
class SeasonalNaive:
    """A backtest of the seasonal naive on a random walk: each error is the sum of a season of innovations."""

    origins: int
    steps: int
    season: int = STEPS

    @property
    def true(self):
        return float(np.sqrt(2 / np.pi * self.season))

    def one(self, generator):
        walk = np.cumsum(generator.standard_normal(self.origins + self.steps + self.season))
        missed = np.abs(walk[self.season :] - walk[: -self.season])
        errors = np.lib.stride_tricks.sliding_window_view(missed, self.steps)[: self.origins]
        return backtest(errors)


@dataclass(frozen=True)
class SharedShocks:
    """One forecast of 18 steps of each of many series; share: that of the variance that all series share."""

    series: int
    share: float

    @property
    def true(self):
        return float(np.sqrt(2 / np.pi))

    def one(self, generator):
        own = generator.standard_normal((self.series, 18))
        errors = np.sqrt(self.share) * generator.standard_normal(18) + np.sqrt(1 - self.share) * own
        statistics = np.stack([np.abs(errors).sum(1), np.full(self.series, 18.0)], 1)
        return score_of(statistics, ratio, False, unit="series", limits=POSITIVE)


@dataclass(frozen=True)
class LastingErrors:
    """A backtest one step ahead whose errors resemble those before, as where a season is missed.

    persistence: correlation of neighbours; bias: mean error, in standard deviations.
    """

    origins: int
    persistence: float
    bias: float = 1.0

    @property
    def true(self):
        """The mean of a folded normal distribution."""
        return float(
            np.sqrt(2 / np.pi) * np.exp(-(self.bias**2) / 2) + self.bias * (1 - 2 * norm.cdf(-self.bias))
        )

    def one(self, generator):
        errors = [generator.standard_normal()]
        for noise in generator.standard_normal(self.origins - 1):
            errors.append(self.persistence * errors[-1] + np.sqrt(1 - self.persistence**2) * noise)
        statistics = np.stack([np.abs(self.bias + np.array(errors)), np.ones(self.origins)], 1)
        return score_of(statistics, ratio, False, block=NEIGHBOURS, unit="origin", limits=POSITIVE)

    def two(self, generator):
        return self.one(generator), self.one(generator)
