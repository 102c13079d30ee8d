"""Monte-Carlo coverage of intervals and size of tests, with the bands of their own error.

SEQOPS_STATISTICS_SHARE: share of the repetitions, by default a tenth; fewer make the bands wider, by the
binomial error.
"""

import os
import zlib

import numpy as np

from seqops.metrics.intervals import interval
from seqops.metrics.paired_tests import paired

REPETITIONS = 2000
RESAMPLES = 400  # in simulation; the product's default is 2000
ALPHA = 0.05
Z = 3.3  # standard errors of the simulation that a band allows for: about a hundred bands hold together


def repetitions():
    return max(50, int(REPETITIONS * float(os.environ.get("SEQOPS_STATISTICS_SHARE", "0.1"))))


def slack(rate, count):
    """Return the Monte-Carlo error that a rate may have after `count` repetitions."""
    return Z * np.sqrt(rate * (1 - rate) / count)


def generator_of(shape, purpose=0):
    """Return a stream of its own for each shape and purpose."""
    return np.random.default_rng([purpose, zlib.crc32(repr(shape).encode())])


def outcome_of(shape):
    return paired(*shape.two(generator_of(shape)), RESAMPLES, 0).outcome(ALPHA)


def coverage(shape, count):
    """Return the share of intervals that contain the true value; at least half of the draws have one."""
    generator, true = generator_of(shape), shape.true
    found = [interval(shape.one(generator), RESAMPLES, seed) for seed in range(count)]
    inside = [ends.low <= true <= ends.high for ends in found if ends.low is not None]
    assert len(inside) >= count / 2
    return float(np.mean(inside))


def size(shape, count):
    """Return how often equal systems differ: first better, first worse, and 0 outside of the interval."""
    generator = generator_of(shape, 1)
    found = [paired(*shape.two(generator), RESAMPLES, seed) for seed in range(count)]
    outcomes = [difference.outcome(ALPHA) for difference in found]
    missed = [not difference.low <= 0 <= difference.high for difference in found]
    return (
        float(np.mean([outcome == "beats" for outcome in outcomes])),
        float(np.mean([outcome == "loses to" for outcome in outcomes])),
        float(np.mean(missed)),
    )
