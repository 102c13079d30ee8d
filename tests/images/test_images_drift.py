"""What is monitored of pictures, and the slices by light."""

import numpy as np
import pytest
from pictures_task import PARAMS, grey

from seqops.core.ragged import Split
from seqops.preprocessing import near_duplicates
from seqops.tasks.images.data.encoding import stored

META = {"shape": [8, 8, 1], "mean": [0.5], "labels": ["a"]}


def test_light_and_contrast_are_those_of_each_picture():
    values = [*range(256), 255, 51]  # more than one batch
    pictures, label = stored([grey(v) for v in values]), np.zeros(258, np.int32)
    rows = Split({"picture": pictures, "label": label, near_duplicates.NEAR: label > 0})
    evaluation = PARAMS.task("images").evaluation()
    features = evaluation.drift_features(rows, META)
    assert features["mean light"] == pytest.approx(np.array(values) / 255)
    assert features["contrast"] == pytest.approx(np.zeros(258))
    assert evaluation.slices(rows, META)["darker than usual"].sum() == 129
