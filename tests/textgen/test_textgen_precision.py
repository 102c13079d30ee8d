"""Training in bfloat16, whose products have 8 bits instead of 24, ends with the score of float32."""

import keras
import numpy as np
import pandas as pd
from texts import VERSE, network, task

from parts import metrics_of

TEXT = VERSE * 12


def nats(precision, steps, dataset, splits, meta):
    """Return the nats per character of the test text after some steps of training, and the model."""
    keras.utils.set_random_seed(0)
    net = network(units=24, precision=precision, stateful=False)
    model = net.build(meta, keras.optimizers.Adam(0.02))
    for _ in range(steps):
        model.train_on_batch(*net.batch(splits["train"], meta))
    predicted = net.predict(model, splits["test"], meta)
    metrics = metrics_of(dataset)
    scores = {s.name: s.point() for s in metrics.score(predicted, splits["test"], meta)}
    return scores[metrics.goal.metric], model


def test_bfloat16_does_not_move_the_score():
    dataset, lines = task(), TEXT.splitlines(keepends=True)
    encoded = dataset.split_and_encode(pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines}))
    before, _ = nats("float32", 0, dataset, *encoded)
    full, exact = nats("float32", 40, dataset, *encoded)
    half, rounded = nats("bfloat16", 40, dataset, *encoded)
    assert full < before - 2.0
    assert abs(half - full) < 0.02
    # the setting was used
    assert any(
        not np.array_equal(a, b) for a, b in zip(exact.get_weights(), rounded.get_weights(), strict=True)
    )
