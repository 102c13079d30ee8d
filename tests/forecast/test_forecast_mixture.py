"""A network of many series and methods that are fitted to each of them, averaged."""

from dataclasses import dataclass

import numpy as np
import pytest
from series import ROOT, task

from parts import metrics_of
from seqops.core.errors import ConfigError
from seqops.core.mixtures import FittedMixture
from seqops.core.ragged import Ragged, Split
from seqops.params import Params
from seqops.tasks.forecast.model.local.histories import to_table
from seqops.tasks.forecast.model.mixture import ForecastMixture

META = {
    "season": 1,
    "horizon": 2,
    "backtest_horizon": 2,
    "values": ["a"],
    "unit": "series",
    "origins": {"first": 1, "last": 1},
}


@dataclass(frozen=True)
class Constant:
    """A part that forecasts the same number everywhere, with quantiles that are further by 1."""

    value: float

    def predict(self, model, split, meta):
        mean = np.full((len(split), 2, 1), self.value)
        return to_table(mean, mean[..., None] + 1 + np.zeros(21))


def rows(truth):
    n = len(truth)
    history = Ragged.from_rows([[[0.0]]] * n, np.float64)
    number, targets = np.arange(n), np.repeat(np.array(truth, np.float64)[:, None, None], 2, axis=1)
    columns = {"series": number, "origin": np.ones(n, np.int64), "long": np.zeros(n, np.bool_)}
    return Split({"history": history, "targets": targets, "scale": np.ones((n, 1)), **columns})


MIXTURE = ForecastMixture(Constant(10.0), Constant(0.0))


def test_the_weight_is_the_best_on_validation_rows():
    fitted = FittedMixture(None, None, np.ones(1))
    # the error is least at the median truth, 4, which is 0.4 of the way from 0 to 10
    weights = MIXTURE.choose_weights(fitted, metrics_of(task()), rows([3, 4, 10]), META)
    assert weights.tolist() == pytest.approx([0.4])


def test_forecasts_and_quantiles_are_averaged():
    found = MIXTURE.predict(FittedMixture(None, None, np.array([0.25])), rows([0]), META)
    assert found["mean"].tolist() == [[2.5, 2.5]]
    assert found["q0.025"].tolist() == found["q0.975"].tolist() == [[3.5, 3.5]]


def test_one_series_has_no_mixture():
    with pytest.raises(ConfigError, match=r"model.mixture needs data.series"):
        MIXTURE.check(META | {"unit": "origin"})
    with pytest.raises(ConfigError, match=r"model.mixture needs data.series"):
        task().check_model({"kind": "lstm", "mixture": "theta"})


def test_params_configure_it():
    params = Params.load(ROOT / "params.yaml")
    mixed = params.with_values({"tasks.forecast.model.mixture": "combination"}).task("forecast")
    assert mixed.network().classical.kind == "combination"
    both = {"tasks.forecast.model.mixture": "theta", "tasks.forecast.model.kind": "ets"}
    with pytest.raises(ConfigError, match=r"only a network is mixed"):
        params.with_values(both).task("forecast").network()
