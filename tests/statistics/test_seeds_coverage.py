"""95 % intervals over seeds and rows contain the mean over seeds of the score over all possible rows."""

import pytest
from repeated_fits import NOISES, SEEDS, SHAPES, coverages
from simulation import repetitions, slack

pytestmark = pytest.mark.slow
LOW = 0.93


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("name", SHAPES)
def test_an_interval_over_seeds_and_rows_covers_the_true_value(name, seeds):
    count = repetitions()
    found = [coverages(SHAPES[name], noise, seeds, count)[0] for noise in NOISES]
    assert min(found) >= LOW - slack(LOW, count), found


@pytest.mark.parametrize("name", ["accuracy 0.97 of 200 rows", "nats of 435 passages in order"])
def test_a_plain_hierarchical_bootstrap_of_three_seeds_covers_less_than_ours(name):
    ours, plain = coverages(SHAPES[name], 2.0, 3, max(300, repetitions()))
    assert plain < 0.9 < ours
