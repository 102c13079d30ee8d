"""Intervals of simulated forecasts hold with as few validation rows as those of the presets."""

import pytest
from forecast_intervals import CASES, coverage
from simulation import Z, repetitions

pytestmark = pytest.mark.slow
LOW, HIGH = (0.78, 0.93), (0.85, 0.98)
"""Of 80 and 95 %. With 12 errors, the 80 % quantile has rank 11 and covers 11/13 = 0.846."""


@pytest.mark.parametrize("case", CASES)
def test_the_coverage_is_nominal(case):
    found, error = coverage(case, repetitions())
    assert (found >= LOW - Z * error).all(), found
    assert (found <= HIGH + Z * error).all(), found
