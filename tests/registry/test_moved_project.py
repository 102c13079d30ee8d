"""A moved or copied project keeps its models, and reads and writes nothing at its former place."""

import shutil

import pytest

from seqops.core.files import sha256_of
from seqops.registry import publish, verify, versions
from seqops.tracking import own_database
from toy_registry import BETTER, GOOD, create_toy_registry, stub_bundle


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "mlflow.db"
    own_database.create(path)
    return path


@pytest.fixture
def toy(database, tmp_path, monkeypatch):
    """A project with a champion in its own store."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setattr(publish, "log_bundle", stub_bundle)
    state = tmp_path / "before" / ".state" / "mlflow"
    state.mkdir(parents=True)
    shutil.copy(database, state / "mlflow.db")
    toy = create_toy_registry(tmp_path / "before", "moved")
    toy.make(GOOD)
    return toy


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_project_at_another_place_keeps_its_champion(toy, tmp_path, monkeypatch, how):
    before = sha256_of(tmp_path / "before" / ".state" / "mlflow" / "artifacts")
    how(tmp_path / "before", tmp_path / "after")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    moved = create_toy_registry(tmp_path / "after", "moved")
    champion = versions.version(moved.client, moved.model, "1")
    (tmp_path / "scratch").mkdir()
    assert verify.verified_copy(moved.client, champion, tmp_path / "scratch").is_dir()
    decision = moved.make(BETTER)
    assert (decision.action, decision.before, decision.after) == ("promoted", "1", "2")
    for version in versions.versions(moved.client, moved.model):
        assert version.source.startswith((tmp_path / "after").as_uri())
    if how is shutil.move:
        assert not (tmp_path / "before").exists()
    else:
        assert sha256_of(tmp_path / "before" / ".state" / "mlflow" / "artifacts") == before
