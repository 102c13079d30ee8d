"""Simulated panels: many series of different lengths, whose learnt quantiles are calibrated before a test.

Most networks are not trained: their last layer is set so that the quantiles are too narrow, too wide or
biased. All that follows, such as the correction, and how series are cut to examples are those of the product.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from simulation import repetitions

from parts import metrics_of
from seqops.core.callbacks import NullCallback
from seqops.core.settings import Decay, FitConfig
from seqops.metrics.quantile_forecasts import INTERVALS, LEVELS, column
from seqops.tasks.forecast.data.dataset import Dataset
from seqops.tasks.forecast.model.network import Network
from seqops.training.loop import train
from seqops.training.refit import refit

WINDOW, HORIZON = 36, 12
DATA = Dataset(
    series="series", short="pad", date="", values=(), covariates=(), static=(), frequency="month",
    time_zone="", date_order="auto", decimal="auto", thousands="", gaps="refuse", season=12, seasons=(),
    harmonics=0, window=WINDOW, horizon=HORIZON, backtest_horizon=HORIZON, origin_step=HORIZON,
    validation=HORIZON, test=HORIZON, max_history=WINDOW, baselines="", pretrained="", log=True,
    scaling="window", calendar=(),
    min_value=None, max_value=None,
)  # fmt: skip
NETWORK = Network(
    kind="dense", direction="forward", layers=1, units=16, dropout=0.0, recurrent_dropout=0.0,
    layer_norm=False, residual=False, ensemble_size=1, output_steps=HORIZON,
    difference=0, mixture="none",
)  # fmt: skip

FIT_CONFIG = FitConfig(
    seed=0, epochs=5, batch_size=256, learning_rate=0.003, decay=Decay("cosine", 0.1), warmup_steps=20,
    weight_decay=0.0, clip_norm=1.0, patience=5, validation_rows=2000, ema=0.0,
)  # fmt: skip
META = {
    "scaling": "window", "log": True, "season": 12, "window": WINDOW, "horizon": HORIZON,
    "backtest_horizon": HORIZON, "values": ["y"], "covariates": [], "calendar_size": 0, "unit": "series",
    "mase_span": "all rows", "origins": {"first": 36, "last": 132},
}  # fmt: skip
"""What the network and the scores read of an encoding."""


def series(generator, rows, change):
    """Draw a season, a wandering level and noise, whose last rows vary `change` times as much."""
    spread = np.where(np.arange(rows) < rows - HORIZON, 1.0, change) * 0.05 * np.exp(generator.normal() / 2)
    season = np.resize(0.2 * generator.normal(size=12), rows)
    level = np.cumsum(0.3 * spread * generator.normal(size=rows))
    return np.exp(3 * generator.normal() + season + level + spread * generator.normal(size=rows))


def table(generator, count, change):
    """Draw series of 48 to 144 months, as the task reads them from a file."""
    lengths = generator.integers(48, 145, count)
    ordinals = np.concatenate([np.arange(length) for length in lengths])
    return pd.DataFrame(
        {
            "line": np.arange(len(ordinals)) + 2,
            "series": np.repeat([f"s{number}" for number in range(count)], lengths),
            "date": pd.PeriodIndex.from_ordinals(ordinals, freq="M").strftime("%Y-%m"),
            "ordinal": ordinals,
            "value.y": np.concatenate([series(generator, length, change) for length in lengths]),
        }
    )


@dataclass(frozen=True)
class Panel:
    """A panel and a network whose errors depend on the window.

    median: what is added to its median, in sizes of the window; distance: before the softplus, to the
    distances between its quantiles; rough: size of what they depend on the window at random; change: of the
    deviation of the noise in the test rows.
    """

    count: int
    median: float = 0.0
    distance: float = 0.0
    rough: float = 1.0
    change: float = 1.0

    def model(self):
        """Return the network."""
        model = NETWORK.build(META)
        outputs = np.full(len(LEVELS), self.distance)
        outputs[LEVELS.index(0.5)] = self.median
        head = model.get_layer("ensemble").head
        head.bias.assign(np.tile(outputs, HORIZON).reshape(head.bias.shape))
        head.kernel.assign(self.rough * np.random.default_rng(0).normal(size=head.kernel.shape))
        return model

    def splits(self, generator):
        """Draw the panel and encode it."""
        return DATA.split_and_encode(table(generator, self.count, self.change))[0]


def before_and_after(model, splits):
    """Return the shares of 80 and 95 % intervals of a network before its calibration and after, each (2,)."""
    layer = model.get_layer("calibration")
    layer.corrections.assign(np.zeros(layer.corrections.shape))
    before = covered(model, splits["test"]).mean(axis=0)
    NETWORK.calibrate(model, splits["validation"], META)
    return before, covered(model, splits["test"]).mean(axis=0)


def covered(model, test):
    """Return the share of each series' test values in its intervals: (n, 2)."""
    predicted, truth = NETWORK.backtest(model, test, META), test.plain("targets")[:, :, 0]
    ends = [[np.stack(predicted[column(level)]) for level in pair] for pair in INTERVALS.values()]
    return np.stack([((low <= truth) & (truth <= high)).mean(axis=1) for low, high in ends], axis=1)


EXCHANGEABLE = {
    "300 series, too narrow": Panel(300, distance=-1.0),
    "300 series, too wide": Panel(300, distance=3.0),
    "300 series, biased": Panel(300, median=1.0, distance=1.0),
    "100 series, too narrow": Panel(100, distance=-1.0),
}
CHANGED = {
    "300 series, too narrow, noise of the test x 1.5": Panel(300, distance=-1.0, rough=0.1, change=1.5),
    "300 series, too narrow, noise of the test x 2": Panel(300, distance=-1.0, rough=0.1, change=2.0),
}
"""Panels whose test rows vary otherwise than those of the calibration: for the documentation."""


def draws():
    """Return how many panels are drawn: each has thousands of forecasts."""
    return max(10, repetitions() // 20)


def coverage(panel, count):
    """Return the coverage of `count` draws and its standard error: before and after, each (2,)."""
    generator, model = np.random.default_rng(0), panel.model()
    found = [before_and_after(model, panel.splits(generator)) for _ in range(count)]
    return np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(count)


def fitted_coverage(count=400, again=False):
    """Train on one panel; return the coverage of its test rows and its standard error over series, each (2,).

    again: whether the network is trained again on the rows of the calibration, as by `fit.refit`.
    """
    splits, metrics = Panel(count).splits(np.random.default_rng(0)), metrics_of(DATA)
    fit = train(NETWORK, metrics, splits, META, FIT_CONFIG)
    if again:
        fit = refit(NETWORK, metrics, splits, META, FIT_CONFIG, fit, None, NullCallback())
    found = covered(fit.model, splits["test"])
    return found.mean(axis=0), found.std(axis=0) / np.sqrt(count)
