"""Growth that fades beyond the first season of a forecast."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqops.tasks.forecast.model import trend_damping
from seqops.tasks.forecast.model.trend_damping import damped

M3 = Path(os.environ.get("SEQOPS_MIRROR", "") or "no mirror") / "forecast" / "m3_monthly.csv.gz"


def test_growth_of_later_seasons_fades(monkeypatch):
    monkeypatch.setattr(trend_damping, "DAMPING", 0.5)
    season = np.array([[[1.0], [2]]])
    # by 4 and 8 a season, of which a quarter and a sixteenth remain
    path = np.array([[[5.0], [10], [9], [18], [13]]])
    assert damped(path, season)[0, :, 0].tolist() == [5, 10, 6, 12, 6.25]


def test_columns_and_rows_are_damped_by_themselves(monkeypatch):
    monkeypatch.setattr(trend_damping, "DAMPING", 0.5)
    season = np.array([[[0.0, 1]], [[10, 10]]])
    path = np.array([[[1.0, 3], [2, 5]], [[10, 14], [10, 14]]])
    assert damped(path, season).tolist() == [[[1, 3], [1.5, 4]], [[10, 14], [10, 14]]]


def grown(known, steps):
    """Carry on the last season of logarithms with its mean growth, which fades."""
    growth = (known[-12:] - known[-24:-12]).mean()
    path = known[-12:][np.arange(steps) % 12] + growth * (1 + np.arange(steps) // 12)
    return damped(path[None, :, None], known[None, -12:, None])[0, :, 0]


@pytest.mark.slow
@pytest.mark.skipif(not M3.is_file(), reason="SEQOPS_MIRROR holds no M3 series")
@pytest.mark.parametrize(("damping", "expected"), [(1.0, 1.817), (0.98, 1.620), (0.0, 1.322)])
def test_growth_before_the_published_test_months_of_m3_fades_by_more(damping, expected, monkeypatch):
    monkeypatch.setattr(trend_damping, "DAMPING", damping)
    errors = []
    for _, rows in pd.read_csv(M3).groupby("series"):
        known, truth = np.split(rows["value"].to_numpy(np.float64)[:-18], [-36])
        if len(known) >= 48 and rows["value"].iloc[:-18].min() > 0:
            forecast = np.exp(grown(np.log(known), 36))
            errors.append(np.abs(forecast - truth).mean() / np.abs(known[12:] - known[:-12]).mean())
    assert len(errors) == 1043
    assert np.mean(errors) == pytest.approx(expected, abs=0.001)
