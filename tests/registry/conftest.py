"""A toy registry for each registry test."""

import re

import pytest

from seqops.registry import publish
from toy_registry import create_toy_registry, stub_bundle


@pytest.fixture
def toy(tracking_uri, tmp_path, monkeypatch, request):
    """An empty project whose registered model is named after the test."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    return create_toy_registry(tmp_path, re.sub(r"\W+", "-", request.node.name))
