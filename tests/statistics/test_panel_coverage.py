"""Quantiles of many series hold within three points, and adapted ones come back after a change."""

import numpy as np
import panels
import pytest
import rolling_panels
from simulation import Z

pytestmark = pytest.mark.slow
NOMINAL = np.array([0.80, 0.95])
POINTS = 0.03


@pytest.mark.parametrize("panel", panels.EXCHANGEABLE)
def test_calibrated_quantiles_hold_and_the_others_do_not(panel):
    (before, after), (_, error) = panels.coverage(panels.EXCHANGEABLE[panel], panels.draws())
    assert (np.abs(before - NOMINAL) > POINTS).any(), before
    assert (np.abs(after - NOMINAL) <= POINTS + Z * error).all(), after


def test_quantiles_of_a_trained_network_hold():
    found, error = panels.fitted_coverage()
    assert (np.abs(found - NOMINAL) <= POINTS + Z * error).all(), found


@pytest.mark.parametrize("case", rolling_panels.CASES)
def test_adapted_quantiles_lose_less_of_their_level_by_a_change(case):
    (fixed, adapted), (_, error) = rolling_panels.coverage(case, panels.draws())
    lost = np.abs(adapted - NOMINAL)
    if rolling_panels.CASES[case].change == 1:
        assert (lost <= 0.01 + Z * error).all(), adapted
    else:
        assert (lost <= 0.7 * np.abs(fixed - NOMINAL) + Z * error).all(), (fixed, adapted)
