"""The settings that an evaluation records and the model card shows."""

from types import SimpleNamespace

from seqops.core.predictors import ClassicalModel
from seqops.evaluation.model_kinds import settings


def task(network, model):
    values = {f"model.{key}": value for key, value in model.items()} | {"fit.epochs": 4, "data.seed": 0}
    return SimpleNamespace(section={"model": model}, network=lambda: network, values=lambda: values)


class Classical(ClassicalModel):
    fit = predict = to_arrays = from_arrays = lambda self, *given: None


def test_a_network_has_all_settings_of_model_and_fit():
    found = settings(task(object(), {"kind": "lstm", "units": 8}))
    assert found == {"model.kind": "lstm", "model.units": 8, "fit.epochs": 4}


def test_a_classical_model_has_its_kind_alone():
    assert settings(task(Classical(), {"kind": "regression", "units": 8})) == {"model.kind": "regression"}
