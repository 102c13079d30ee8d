"""One tracking store for all tests that need one: creating MLflow's database takes seconds."""

import pytest


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}"
