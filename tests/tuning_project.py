"""A project that can be tuned in seconds: a minimal network and few trials."""

from ruamel.yaml import YAML

from checkout import project

TASK = "forecast"
TRIALS = 4
SMALL = {
    "model": {"kind": "dense", "ensemble_size": 1, "units": 4, "output_steps": 1},
    "fit": {"epochs": 4, "patience": 4, "learning_rate": 0.0005},
}
HELD_OUT = {"window": 24, "horizon": 1, "backtest_horizon": 1, "validation": 84, "test": 12}
"""Forecasts of one step, so that the held-out origins are enough to compare finalists on."""


def create_project(root):
    """Create the project."""
    project(root)
    yaml, path = YAML(), root / "params.yaml"
    document = yaml.load(path)
    for section, values in SMALL.items():
        document["tasks"][TASK][section].update(values)
    document["tasks"][TASK]["data"].update(HELD_OUT)
    document["tuning"].update(startup_trials=2, finalists=1, finalist_seeds=3, pruner="none")
    document["tasks"][TASK]["search"] = {
        "model.units": {"kind": "int", "low": 4, "high": 16},
        "fit.learning_rate": {"kind": "float", "low": 0.0005, "high": 0.05, "log": True},
        "fit.decay.kind": {"kind": "categorical", "choices": ["cosine", "none"]},
    }
    yaml.dump(document, path)
    return root
