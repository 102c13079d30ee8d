"""One tracking store for all registry tests: creating MLflow's database takes seconds."""

import re
import shutil

import mlflow
import pytest
from invented import FakeStore

from realm import create_toy_registry, stub_bundle
from seqops.registry import publish


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}"


@pytest.fixture
def toy(tracking_uri, tmp_path, monkeypatch, request):
    """An empty project whose registered model is named after the test."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    return create_toy_registry(tmp_path, re.sub(r"\W+", "-", request.node.name))


@pytest.fixture
def fake_store(tmp_path, tracking_uri, monkeypatch):
    mlflow.MlflowClient(tracking_uri).search_experiments()
    database = tmp_path / "copied.db"
    shutil.copy(tracking_uri.removeprefix("sqlite:///"), database)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    return FakeStore(tmp_path, database)
