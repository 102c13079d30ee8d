"""Predictions of held-out rows survive the storage of a study exactly."""

import numpy as np
import pandas as pd
from study_workers import open_study

from seqops.tuning import stored_predictions


def test_predictions_are_read_as_they_were_stored(tmp_path):
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    study = open_study(url)
    nats = np.random.default_rng(0).random(500)
    each = [row.tolist() for row in np.split(nats, 100)]
    table = pd.DataFrame({"nats": nats[:100], "each": each, "text": ["한국", "a"] * 50})
    trial = study.ask()
    stored_predictions.store(trial, table)
    study.tell(trial, 1.0)
    (found,) = open_study(url).trials
    read = stored_predictions.read(found)
    assert read["nats"].tolist() == table["nats"].tolist()
    assert [list(row) for row in read["each"]] == each
    assert read["text"].tolist() == table["text"].tolist()


def test_a_trial_without_predictions_has_none(tmp_path):
    study = open_study(f"sqlite:///{tmp_path / 'studies.db'}")
    study.tell(study.ask(), 1.0)
    assert stored_predictions.read(study.trials[0]) is None
