"""One tracking store for all tests of the registry: a first use of MLflow's database costs seconds."""

import re
import shutil

import mlflow
import pytest
from invented import Invented

from realm import founded, stub_bundle
from seqops.registry import publish


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}"


@pytest.fixture
def realm(tracking_uri, tmp_path, monkeypatch, request):
    """An empty project whose registered model bears the test's name."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    return founded(tmp_path, re.sub(r"\W+", "-", request.node.name))


@pytest.fixture
def invented(tmp_path, tracking_uri, monkeypatch):
    mlflow.MlflowClient(tracking_uri).search_experiments()
    database = tmp_path / "copied.db"
    shutil.copy(tracking_uri.removeprefix("sqlite:///"), database)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
    return Invented(tmp_path, database)
