"""One tracking store for all tests of the registry: a first use of MLflow's database costs seconds."""

import re

import pytest
from realm import founded, stub_bundle

from seqops.blocks import publish


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}"


@pytest.fixture
def realm(tracking_uri, tmp_path, monkeypatch, request):
    """An empty project whose registered model bears the test's name."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    return founded(tmp_path, re.sub(r"\W+", "-", request.node.name))
