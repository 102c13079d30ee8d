"""Learning rate schedules by hand."""

import dataclasses
import math

import pytest

from seqops.core.settings import Decay
from seqops.training.learning_rate import learning_rate, plateaus
from toy import FIT_CONFIG


@pytest.mark.parametrize(
    ("kind", "rate", "step", "drops", "expected"),
    [
        ("none", 0.5, 25, 3, 1.0),
        ("exponential", 0.5, 20, 0, 0.25),
        ("exponential", 0.5, 5, 0, math.sqrt(0.5)),
        ("cosine", 0.0, 0, 0, 1.0),
        ("cosine", 0.0, 20, 0, 0.5),
        ("cosine", 0.1, 40, 0, 0.1),
        ("linear", 0.0, 0, 0, 1.0),
        ("linear", 0.2, 10, 0, 0.8),
        ("linear", 0.2, 40, 0, 0.2),
        ("inverse_sqrt", 0.0, 0, 0, 1.0),
        ("inverse_sqrt", 0.0, 15, 0, 0.25),
        ("inverse_sqrt", 0.5, 15, 0, 0.5),
        ("plateau", 0.5, 39, 2, 0.25),
    ],
)
def test_schedules_by_hand(kind, rate, step, drops, expected):
    fit_config = dataclasses.replace(FIT_CONFIG, learning_rate=1.0, epochs=4, decay=Decay(kind, rate))
    assert learning_rate(fit_config, step, steps=10, drops=drops) == pytest.approx(expected)


def test_warm_up_rises_linearly_to_the_full_rate():
    fit_config = dataclasses.replace(FIT_CONFIG, learning_rate=1.0, warmup_steps=4, decay=Decay("none", 1.0))
    rates = [learning_rate(fit_config, step, 10, 0) for step in range(5)]
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_plateaus_count_epochs_without_gain():
    assert plateaus([1.0, 2.0, 2.0, 2.0, 3.0, 3.0], True) == 1
    assert plateaus([3.0, 2.0, 1.0], False) == 0
    assert plateaus([1.0, 1.0, 1.0, 1.0, 1.0], True) == 2


def test_the_transformer_s_schedule_rises_to_its_peak_at_the_end_of_the_warm_up():
    """Vaswani et al. 2017, equation 3: min(step^-0.5, step * warmup^-1.5), as a share of its peak."""
    fit_config = dataclasses.replace(
        FIT_CONFIG, learning_rate=1.0, warmup_steps=4, decay=Decay("inverse_sqrt", 0.0)
    )
    rates = [learning_rate(fit_config, step, 10, 0) for step in range(16)]
    paper = [min(n**-0.5, n * 4**-1.5) / 4**-0.5 for n in range(1, 17)]
    assert rates == pytest.approx(paper)
    assert max(rates) == rates[3] == 1.0
