"""Quantiles at rolling origins: saved errors first, then those that became known, and nothing later."""

import numpy as np
from series import table, task

from seqops.core.ragged import Ragged, Split
from seqops.metrics.quantile_forecasts import LEVELS, column
from seqops.tasks.forecast.data.scaling import Scale
from seqops.tasks.forecast.model.conformal import PastErrors
from seqops.tasks.forecast.model.intervals import (
    calibration,
    series_rows,
    with_quantiles,
    with_rolling_quantiles,
)
from seqops.tasks.forecast.model.network import Network

PLAIN = Scale(False, (0.0,), (1.0,))
SAVED = PastErrors(np.full((30, 3, 1), 1.0), np.arange(30.0))


def rolling(values, first, horizon=3, step=1, number=0):
    """Cut rows of one step after another from a series, which ends the last targets."""
    values = np.asarray(values, np.float64)
    origins = np.arange(first, len(values), step)
    targets = np.full((len(origins), horizon, 1), np.nan)
    for row, origin in enumerate(origins):
        known = values[origin : origin + horizon]
        targets[row, : len(known), 0] = known
    history = Ragged.from_rows([values[:t, None] for t in origins], np.float64)
    series = np.full(len(origins), number)
    return Split({"history": history, "targets": targets, "origin": origins, "series": series})


def widths(split, mean=0.0, saved=SAVED, scale=PLAIN):
    """Return the widths of the 80 % intervals of a constant forecast: (n, H)."""
    found = with_rolling_quantiles(np.full(split.plain("targets").shape, mean), split, scale, saved)
    return np.stack(found["q0.9"]) - np.stack(found["q0.1"])


def test_the_first_origin_has_the_saved_calibration():
    np.testing.assert_allclose(widths(rolling([9.0] * 12, 6))[0], 2.0)


def test_errors_widen_the_intervals_once_they_are_known():
    found = widths(rolling([9.0] * 40, 6))
    # one period with an error of 9 among 30 of 1 leaves the 80 % quantile; after twenty, it is 9
    np.testing.assert_allclose(found[1], 2.0)
    np.testing.assert_allclose(found[20], 18.0)


def test_an_interval_does_not_depend_on_what_its_origin_does_not_know():
    generator = np.random.default_rng(0)
    values = generator.normal(size=30)
    changed = np.concatenate([values[:20], 100 * values[20:]])
    before, after = widths(rolling(values, 6)), widths(rolling(changed, 6))
    # origin 20 is row 14: it knows the first 20 values, and row 15 the first one that was changed
    np.testing.assert_array_equal(before[:15], after[:15])
    assert (before[15:] != after[15:]).any()


def test_rows_without_truth_have_the_saved_calibration():
    split = rolling([9.0] * 40, 6)
    unknown = Split({**split.columns, "targets": np.full_like(split.plain("targets"), np.nan)})
    np.testing.assert_allclose(widths(unknown), 2.0)


def test_each_series_begins_with_the_saved_calibration():
    first, second = rolling([9.0] * 40, 6), rolling([1.0] * 50, 41, number=1)
    both = Split(
        {
            "history": Ragged.from_rows([*rows_of(first), *rows_of(second)], np.float64),
            "targets": np.concatenate([first.plain("targets"), second.plain("targets")]),
            "origin": np.concatenate([first.plain("origin"), second.plain("origin")]),
            "series": np.concatenate([first.plain("series"), second.plain("series")]),
        }
    )
    # the origins of the second follow those of the first, but it is another series
    assert [(rows.start, rows.stop) for rows in series_rows(both)] == [(0, 34), (34, 43)]
    np.testing.assert_allclose(widths(both)[34], 2.0)


def rows_of(split):
    return [split.ragged("history")[i] for i in range(len(split))]


def test_quantiles_are_symmetric_about_the_forecast_in_scaled_units_and_do_not_cross():
    scale = Scale(True, (1.0,), (0.5,))
    saved = PastErrors(np.random.default_rng(0).exponential(size=(30, 3, 1)), np.arange(30.0))
    found = with_quantiles(np.zeros((34, 3, 1)), scale, saved)
    cells = {level: np.stack(found[column(level)]) for level in LEVELS}
    np.testing.assert_allclose(cells[0.5], np.stack(found["mean"]))
    np.testing.assert_allclose(cells[0.1] * cells[0.9], np.exp(2.0))
    assert (np.diff(list(cells.values()), axis=0) >= 0).all()
    assert (cells[0.025][0] < cells[0.1][0]).all()


def test_calibration_keeps_the_errors_of_the_validation_rows(tmp_path):
    values = 10 + np.arange(40) % 4
    splits, _ = task().split_and_encode(table(tmp_path, values))
    split = splits["validation"]
    found = calibration(np.full((6, 6, 1), 10.0), split, PLAIN)
    # rows 28 to 33 of the series, the latest first: 11 10 13 12 11 10
    assert found.ages.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.sizes[:, 0, 0].tolist() == [1, 0, 3, 2, 1, 0]
    assert np.isfinite(found.sizes[0]).all()
    assert np.isfinite(found.sizes[5, :, 0]).tolist() == [True] + [False] * 5


def test_registered_weights_also_know_the_errors_of_the_test_rows(tmp_path):
    splits, meta = task().split_and_encode(table(tmp_path, 10 + np.arange(40) % 4))
    network = Network("dense", "forward", 1, 2, 0.0, 0.0, False, False, 1, 6, 0, "none")
    model = network.build(meta)
    network.calibrate(model, splits["validation"], meta)
    trained, folder = tmp_path / "model.weights.h5", tmp_path / "registered"
    folder.mkdir()
    model.save_weights(trained)
    weights = network.registered_weights(trained, splits["test"], meta, folder)
    registered = network.build(meta)
    registered.load_weights(weights)
    saved, known = (m.get_layer("spread").kept() for m in (model, registered))
    periods = len(known.ages) - len(saved.ages)
    # the six test months come after the six of validation, whose errors are as old as that
    assert periods == 6
    assert sorted(known.ages) == list(range(12))
    np.testing.assert_array_equal(known.sizes[known.ages >= 6], saved.sizes)
    np.testing.assert_array_equal(
        network.predict(model, splits["test"], meta)["mean"].tolist(),
        network.predict(registered, splits["test"], meta)["mean"].tolist(),
    )
