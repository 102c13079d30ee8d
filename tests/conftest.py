"""One tracking store for all tests: creating MLflow's database takes seconds. The longest files run first."""

import os

import pytest

# test workers and their children share the cores: OpenBLAS's threads would wait for each other, at full load
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# the file with most work first: the last one to end then keeps no worker waiting for long
LONGEST = [
    "tests/test_pipeline.py",
    "tests/deploy/test_secrets.py",
    "tests/tuning/test_tuning.py",
    "tests/test_wheel.py",
    "tests/pipelines/test_repeat.py",
    "tests/sentiment/test_sentiment_encoder.py",
    "tests/pipelines/test_classical_model.py",
    "tests/test_remote.py",
    "tests/training/test_stages.py",
    "tests/training/test_adapters.py",
    "tests/textgen/test_textgen_network.py",
    "tests/translation/test_translation_network.py",
    "tests/forecast/test_forecast_network.py",
    "tests/forecast/test_forecast_global_network.py",
    "tests/forecast/test_forecast_local_models.py",
    "tests/training/test_refit.py",
    "tests/sentiment/test_sentiment_network.py",
    "tests/sentiment/test_sentiment_behaviour.py",
    "tests/forecast/test_forecast_auto.py",
    "tests/tuning/test_study.py",
    "tests/pipelines/test_bad_input.py",
    "tests/registry/test_bundles.py",
    "tests/test_new_task.py",
    "tests/faults/test_kill_retraining.py",
    "tests/faults/test_kill_tuning.py",
    "tests/faults/test_tracking.py",
    "tests/faults/test_places.py",
    "tests/faults/test_kill_stages.py",
]


def pytest_collection_modifyitems(items):
    """Sort by file; the tests of a file keep their order."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}"
