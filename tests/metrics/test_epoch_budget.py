"""When a fit is said to have had too few epochs; each history begins with the score before training."""

import pytest

from seqops.core.callbacks import EpochResult
from seqops.metrics.epoch_budget import advice, still_improving


def stage(scores, number=0, first=1, objective="goal"):
    return [EpochResult(first + i, 1.0, 0.1, score, number, objective) for i, score in enumerate(scores)]


def fit(*scores):
    """Return the history of a fit in one stage."""
    return [EpochResult(0, None, None, scores[0]), *stage(scores[1:])]


def test_a_score_that_rises_evenly_needs_more_epochs():
    history = fit(0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    assert advice(history, True) == (
        "The validation score was still improving at the last of 5 epochs: "
        "raise fit.epochs (or fit.learning_rate)."
    )
    assert advice(history, False) == ""


def test_a_loss_that_falls_evenly_needs_more_epochs():
    assert still_improving(fit(5.0, 4.0, 3.0, 2.0, 1.0), False)


@pytest.mark.parametrize(("last", "found"), [(0.815, False), (0.817, True)])
def test_the_last_fifth_must_gain_a_twentieth_of_what_came_after_the_first(last, found):
    # 0.015 of 0.315 is less than a twentieth, 0.017 of 0.317 is more
    assert still_improving(fit(0.0, 0.5, 0.6, 0.7, 0.8, last), True) is found


def test_the_best_epoch_must_be_the_last():
    assert not still_improving(fit(0.0, 0.1, 0.2, 0.3, 0.5, 0.4), True)
    assert not still_improving(fit(0.0, 0.1, 0.2, 0.3, 0.5, 0.5), True)


def test_a_gain_within_the_noise_of_the_second_half_says_nothing():
    # ten epochs: the ninth and tenth gain 0.05 on 0.80, but the seventh lost 0.06
    assert not still_improving(fit(0.0, 0.2, 0.4, 0.6, 0.7, 0.75, 0.80, 0.74, 0.78, 0.79, 0.85), True)
    assert still_improving(fit(0.0, 0.2, 0.4, 0.6, 0.7, 0.75, 0.80, 0.76, 0.78, 0.79, 0.85), True)


def test_a_fall_in_the_first_half_is_no_noise():
    assert still_improving(fit(0.0, 0.5, 0.1, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9), True)


def test_one_epoch_or_an_undefined_last_score_says_nothing():
    assert not still_improving(fit(0.0, 1.0), True)
    assert not still_improving(fit(0.0, 0.1, 0.2, float("nan")), True)
    assert still_improving(fit(float("nan"), 0.1, 0.2, 0.3), True)


def test_only_the_last_stage_counts_and_its_setting_is_named():
    pretext = stage([9.0, 8.0], 0, 1, "pretext")
    head = stage([0.1, 0.2], 1, 3)
    start = EpochResult(2, None, None, 0.05, 1)
    flat, rising = stage([0.5, 0.5, 0.5], 2, 5), stage([0.3, 0.4, 0.5], 2, 5)
    assert advice([*pretext, start, *head, *flat], True, staged=True) == ""
    expected = (
        "The validation score was still improving at the last of 3 epochs of the last stage: "
        "raise its epochs in fit.stages (or its learning_rate)."
    )
    assert advice([*pretext, start, *head, *rising], True, staged=True) == expected


def test_a_stage_that_only_regains_what_the_stages_before_it_had_says_nothing():
    assert not still_improving([*fit(0.0, 0.9), *stage([0.3, 0.5, 0.7, 0.89], 1, 2)], True)
