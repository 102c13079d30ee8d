"""A project for each retraining test."""

import re
from pathlib import Path

import pytest
from retraining_project import Lines, RetrainingProject

from seqops.registry import publish
from toy_registry import create_toy_registry, stub_bundle


@pytest.fixture
def project(tracking_uri, tmp_path, monkeypatch, request):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    toy = create_toy_registry(tmp_path / "project", re.sub(r"\W+", "-", request.node.name), Lines)
    (toy.project.root / "data" / "catalog.yaml").write_text("{}\n")
    source = Path(tmp_path / "lines.txt")
    source.write_text("one\ntwo\n")
    return RetrainingProject(toy, source)
