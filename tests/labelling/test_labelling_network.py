"""What the network sees_later_steps of a step in each reading direction, and that it can learn the task."""

from itertools import groupby

import keras
import numpy as np
import pytest
from steps import read_sample, task

from parts import metrics_of
from seqops.core.ragged import Ragged, Split
from seqops.tasks.labelling.data.dataset import GENERATED
from seqops.tasks.labelling.data.sample import labels
from seqops.tasks.labelling.model.network import Network

SETTINGS = {"kind": "lstm", "direction": "both", "units": 8, "layers": 1, "dropout": 0.0}
SETTINGS |= {"recurrent_dropout": 0.0, "layer_norm": False, "residual": False}
META = {"values": ["x", "y"], "centre": [1.0, -1.0], "width": [2.0, 0.5]}
KINDS = ["lstm", "gru", "simple_rnn"]


def rows(*figures):
    ragged = Ragged.from_rows([np.array(row, float).reshape(-1, 2) for row in figures], float)
    return Split(
        {"figures": ragged, "labels": Ragged.from_rows([[1] * len(ragged[i]) for i in range(2)], np.int8)}
    )


def built(**changes):
    keras.utils.set_random_seed(0)
    network = Network(**{**SETTINGS, **changes})
    return network, network.build(META, "adam")


def test_a_batch_is_scaled_and_padded_and_weights_only_real_steps():
    network, _ = built()
    inputs, targets, weights = network.batch(rows([1, -1, 3, 0], [5, -2]), META)
    assert inputs["lengths"].tolist() == [2, 1]
    assert inputs["figures"][0].tolist() == [[0, 0], [1, 2]]
    assert inputs["figures"][1, 0].tolist() == [2, -2]
    assert targets.shape == (2, 2, 1)
    assert targets[:, :, 0].tolist() == [[1, 1], [1, 0]]
    assert weights.tolist() == [[1, 1], [1, 0]]


def test_the_loss_is_the_mean_over_real_steps():
    network, model = built()
    split = rows([1, -1, 3, 0, 2, 2], [5, -2])
    loss = model.train_on_batch(*network.batch(split, META), return_dict=True)["loss"]
    network, model = built()  # with the weights before that step
    probabilities = np.concatenate(network.predict(model, split, META)["probabilities"].to_list())
    assert len(probabilities) == 4
    assert float(loss) == pytest.approx(-np.log(probabilities).mean(), rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("direction", "sees_later_steps"), [("forward", False), ("both", True)])
def test_only_the_bidirectional_network_knows_later_steps(kind, direction, sees_later_steps):
    network, model = built(kind=kind, direction=direction)
    short, long = network.predict(model, rows([1, 2, 3, 4], [1, 2, 3, 4, 5, 6]), META)["probabilities"]
    assert len(short) == 2 and len(long) == 3
    assert np.allclose(short, long[:2], rtol=1e-5) != sees_later_steps


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_overfits_a_few_sequences(tmp_path, kind):
    data = task()
    splits, meta = data.split_and_encode(read_sample(tmp_path))
    keras.utils.set_random_seed(0)
    network = Network(**{**SETTINGS, "kind": kind, "units": 16, "layers": 2})
    model = network.build(meta, keras.optimizers.Adam(0.02))
    few = splits["train"].take(np.arange(8))
    for _ in range(60):
        model.train_on_batch(*network.batch(few, meta))
    found = {s.name: s.point() for s in metrics_of(data).score(network.predict(model, few, meta), few, meta)}
    assert found["accuracy"] > 0.95


def accuracy_without_length(content, lengths):
    """Return the accuracy of the more probable label given the past, with all lengths equally likely."""
    cells = [line.split(",") for line in content.decode().splitlines()[1:]]
    correct = []
    for _, steps in groupby(cells, key=lambda cell: cell[0]):
        drawn = np.array([round(float(x) * 10_000) for _, x, _ in steps])
        for step, (total, label) in enumerate(zip(np.cumsum(drawn), labels(drawn), strict=True), 1):
            possible = [n for n in lengths if n >= step]
            passed = np.mean([4 * total > 10_000 * n for n in possible])
            correct.append((passed > 0.5) == label)
    return np.mean(correct)


def test_the_past_determines_the_labels_only_if_all_lengths_are_equal():
    [varying] = GENERATED["cumsum"]().values()
    [fixed] = GENERATED["cumsum-ten"]().values()
    assert accuracy_without_length(fixed, [10]) == 1.0
    assert 0.80 < accuracy_without_length(varying, range(5, 16)) < 0.90
