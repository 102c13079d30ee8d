"""95 % intervals contain the true value in 93 to 97 % of simulated test splits."""

import pytest
from cases import DEPENDENT, FEW, INDEPENDENT, REFUSED
from simulation import coverage, generator_of, repetitions, slack

from seqops.metrics.intervals import interval

pytestmark = pytest.mark.slow
LOW, HIGH = 0.93, 0.97


@pytest.mark.parametrize("name", [*INDEPENDENT, *DEPENDENT])
def test_an_interval_covers_the_true_value(name):
    shape, count = {**INDEPENDENT, **DEPENDENT}[name], repetitions()
    assert LOW - slack(LOW, count) <= coverage(shape, count) <= HIGH + slack(HIGH, count)


@pytest.mark.parametrize("name", FEW)
def test_an_interval_that_few_units_decide_covers_the_true_value(name):
    count = repetitions()
    assert coverage(FEW[name], count) >= LOW - slack(LOW, count)


@pytest.mark.parametrize("name", REFUSED)
def test_too_few_units_have_no_interval(name):
    found = interval(REFUSED[name].one(generator_of(REFUSED[name])), 100, 0)
    assert (found.low, found.high) == (None, None)
    assert found.reason
