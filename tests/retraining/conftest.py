"""A project for each test of retraining."""

import re
from pathlib import Path

import pytest
from town import Lines, Town

from realm import founded, stub_bundle
from seqops.registry import publish


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}"


@pytest.fixture
def town(tracking_uri, tmp_path, monkeypatch, request):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    realm = founded(tmp_path / "project", re.sub(r"\W+", "-", request.node.name), Lines)
    (realm.store.root / "data" / "catalog.yaml").write_text("{}\n")
    source = Path(tmp_path / "lines.txt")
    source.write_text("one\ntwo\n")
    return Town(realm, source)
