"""Windows scaled by themselves: level, size and changes by hand, with padding, gaps and logarithms."""

import numpy as np
import pytest

from seqops.tasks.forecast.model.window_scaling import WindowScaling

NAN = np.nan


def scaled(*window, season=2, log=False):
    y = np.array(window, "float32")[None, :, None]
    return {
        name: np.asarray(x)[0, ..., 0] for name, x in WindowScaling(season, log, "s")(y)._asdict().items()
    }


def test_the_level_is_the_mean_of_the_last_season_and_the_size_that_of_the_changes():
    found = scaled(1, 3, 2, 5, 4)
    # changes from two steps before: 2 - 1, 5 - 3, 4 - 2; their mean is 5 / 3, that of the values 3
    size = 5 / 3 + 0.02 * 3
    assert found["level"] == 4.5
    assert found["size"] == pytest.approx(size)
    np.testing.assert_allclose(found["values"], (np.array([1, 3, 2, 5, 4]) - 4.5) / size, rtol=1e-5)
    np.testing.assert_allclose(found["changes"], np.array([0, 0, 1, 2, 2]) / size, rtol=1e-5)
    assert found["known"].tolist() == [1, 1, 1, 1, 1]


def test_of_logarithms_the_size_is_that_of_relative_changes():
    found = scaled(*np.exp([1, 3, 2, 5, 4]), log=True)
    assert found["level"] == pytest.approx(4.5)
    assert found["size"] == pytest.approx(5 / 3 + 0.02)


def test_unknown_values_count_for_nothing():
    found = scaled(1, NAN, 2, 5, NAN)
    # the last two known values are 2 and 5; the only pair is (1, 2)
    size = 1 + 0.02 * 8 / 3
    assert found["level"] == 3.5
    assert found["size"] == pytest.approx(size)
    np.testing.assert_allclose(found["values"], np.array([-2.5, 0, -1.5, 1.5, 0]) / size, rtol=1e-5)
    np.testing.assert_allclose(found["changes"], np.array([0, 0, 1, 0, 0]) / size, rtol=1e-5)
    assert found["known"].tolist() == [1, 0, 1, 1, 0]


def test_padding_changes_nothing_but_the_length():
    short, padded = scaled(3, 2, 5, 4), scaled(NAN, NAN, NAN, 3, 2, 5, 4)
    for name in ("level", "size"):
        assert short[name] == padded[name]
    for name in ("values", "changes", "known"):
        assert padded[name].tolist() == [0, 0, 0, *short[name].tolist()]


def test_less_than_a_season_has_the_mean_of_what_is_known():
    found = scaled(NAN, NAN, 2, 4, season=3)
    assert found["level"] == 3
    assert found["size"] == pytest.approx(0.02 * 3)


@pytest.mark.parametrize("log", [False, True])
def test_a_window_without_any_value_is_zero(log):
    found = scaled(NAN, NAN, NAN, log=log)
    assert found["values"].tolist() == found["changes"].tolist() == [0, 0, 0]
    assert found["size"] > 0


@pytest.mark.parametrize("log", [False, True])
def test_a_series_in_other_units_has_the_same_scaled_window(log):
    first, second = (scaled(*(k * np.array([1, 3, 2, 5, 4])), log=log) for k in (1, 1000))
    for name in ("values", "changes"):
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, atol=1e-5)
