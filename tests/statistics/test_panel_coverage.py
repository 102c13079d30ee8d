"""Calibrated quantiles of many series hold within three points, whatever the network."""

import numpy as np
import pytest
from panels import EXCHANGEABLE, coverage, draws, fitted_coverage
from simulation import Z

pytestmark = pytest.mark.slow
NOMINAL = np.array([0.80, 0.95])
POINTS = 0.03


@pytest.mark.parametrize("panel", EXCHANGEABLE)
def test_calibrated_quantiles_hold_and_the_others_do_not(panel):
    (before, after), (_, error) = coverage(EXCHANGEABLE[panel], draws())
    assert (np.abs(before - NOMINAL) > POINTS).any(), before
    assert (np.abs(after - NOMINAL) <= POINTS + Z * error).all(), after


def test_quantiles_of_a_trained_network_hold():
    found, error = fitted_coverage()
    assert (np.abs(found - NOMINAL) <= POINTS + Z * error).all(), found
