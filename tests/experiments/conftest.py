"""A store of hand-made runs for each test."""

import shutil

import mlflow
import pytest
from fake_store import FakeStore


@pytest.fixture
def fake_store(tmp_path, tracking_uri, monkeypatch):
    mlflow.MlflowClient(tracking_uri).search_experiments()
    database = tmp_path / "copied.db"
    shutil.copy(tracking_uri.removeprefix("sqlite:///"), database)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    return FakeStore(tmp_path, database)
