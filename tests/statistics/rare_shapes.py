"""Test splits in which hardly a row fails, or hardly a row has anything that could fail."""

from dataclasses import dataclass

import numpy as np
from shapes import Labelled, score_of

from seqops.core.score import SHARE
from seqops.metrics.classification import class_scores
from seqops.metrics.entity_spans import f1


@dataclass(frozen=True)
class RareSpans:
    """Sentences of which `spans` have one entity of a type; false: expected number of them elsewhere."""

    sentences: int
    spans: int
    recall: float
    false: float = 0.0

    @property
    def true(self):
        hits = self.spans * self.recall
        return 2 * hits / (hits + self.spans + self.false)

    def one(self, generator):
        found = generator.random(self.spans) < self.recall
        others = self.sentences - self.spans
        false = generator.random(others) < self.false / others
        statistics = np.zeros((self.sentences, 3))
        statistics[: self.spans, 0], statistics[: self.spans, 2] = found, ~found
        statistics[self.spans :, 1] = false
        return score_of(statistics, f1, limits=SHARE)

    def two(self, generator):
        return self.one(generator), self.one(generator)


@dataclass(frozen=True)
class Ordered(Labelled):
    """Rows of ordered classes, as the task scores them.

    name: of the score; far: errors are as far from the true class as they can be, instead of next to it.
    """

    name: str
    far: bool = False

    @property
    def true(self):
        table = np.diag(np.array(self.shares) * self.right)
        for label in range(len(self.shares)):
            wrong = self._wrong(label)
            table[label, wrong] += self.shares[label] * (1 - self.right) / len(wrong)
        return float(self._score(np.array([0]), np.array([0])).value(table.ravel()))

    def _wrong(self, label):
        """Return the classes that are predicted in place of a class, each as often."""
        last = len(self.shares) - 1
        if self.far:
            return [last if label < len(self.shares) / 2 else 0]
        return [other for other in (label - 1, label + 1) if 0 <= other <= last]

    def _draw(self, generator, truth):
        wrong = [self._wrong(label) for label in range(len(self.shares))]
        instead = np.array([wrong[t][generator.integers(len(wrong[t]))] for t in truth])
        return self._score(truth, np.where(generator.random(self.rows) < self.right, truth, instead))

    def _score(self, truth, predicted):
        classes = len(self.shares)
        scores = class_scores(truth, predicted, np.eye(classes)[predicted], classes, ordered=True)
        return next(score for score in scores if score.name == self.name)
