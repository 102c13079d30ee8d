"""A model that is fitted as a whole goes the way of a network: one row of history, one file of weights."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqops.core.arrays_io import read_arrays, write_arrays
from seqops.core.callbacks import WholeFit
from seqops.core.errors import DataError, SeqopsError
from seqops.core.files import sha256_of
from seqops.core.predictors import ClassicalModel
from seqops.training.fit_model import fit_model
from toy import FIT_CONFIG, ToyData, ToyMetrics

DATA = ToyData()
SPLITS, META = DATA.split_and_encode(None)


class ShareOfOdd(ClassicalModel):
    """Always predicts the more frequent class of the training rows."""

    def fit(self, metrics, splits, meta):
        return float(splits["train"].plain("odd").mean())

    def predict(self, model, split, meta):
        return pd.DataFrame({"odd": np.full(len(split), int(model > 0.5))})

    def to_arrays(self, model):
        return {"share": np.array(model)}

    def from_arrays(self, arrays, meta):
        return float(arrays["share"])


class Recorder:
    def __init__(self):
        self.rows = []

    def on_epoch_end(self, row, seconds, tokens):
        self.rows.append(row)


def test_a_whole_fit_has_one_row_of_history_and_no_initial_model():
    seen = Recorder()
    fitted = fit_model(ShareOfOdd(), ToyMetrics(DATA), SPLITS, META, FIT_CONFIG, callback=seen)
    share = SPLITS["validation"].plain("odd").mean()
    expected = share if fitted.model > 0.5 else 1 - share
    assert fitted.epochs == seen.rows == [WholeFit(1, None, None, pytest.approx(expected))]
    assert fitted.best.point() == pytest.approx(expected)
    assert fitted.best_epoch.trained
    assert fitted.initial is None


def test_no_setting_of_a_fit_changes_it():
    one, other = (
        fit_model(ShareOfOdd(), ToyMetrics(DATA), SPLITS, META, replace(FIT_CONFIG, seed=seed, epochs=seed))
        for seed in (1, 2)
    )
    assert one.model == other.model


def test_the_model_is_kept_in_a_file_of_arrays(tmp_path):
    path, model = tmp_path / "model.weights.h5", ShareOfOdd()
    model.save(0.7, path)
    assert model.load(path, META) == 0.7
    with pytest.raises(SeqopsError, match="cannot stream"):
        model.stream(0.7, SPLITS["test"], META)


def test_arrays_are_read_as_they_were_written_and_equal_ones_have_equal_bytes(tmp_path):
    arrays = {"b": np.arange(3, dtype=np.uint8), "a.0": np.zeros((0, 2), np.float32), "c": np.array(True)}
    for name in ("one.h5", "two.h5"):
        write_arrays(tmp_path / name, arrays)
    assert sha256_of(tmp_path / "one.h5") == sha256_of(tmp_path / "two.h5")
    found = read_arrays(tmp_path / "one.h5")
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_a_damaged_file_of_arrays_is_reported(tmp_path):
    path = tmp_path / "model.weights.h5"
    with pytest.raises(DataError, match=r"does not exist\. Run the stage"):
        read_arrays(path)
    path.write_bytes(b"no arrays")
    with pytest.raises(DataError, match="not readable as a file of arrays"):
        read_arrays(path)
