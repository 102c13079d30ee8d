"""A version in the project's own store is found without MLflow, and is the one that MLflow finds."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seqops.core.errors import SeqopsError
from seqops.registry import lookup, publish, verify, versions
from seqops.tracking import own_database
from toy_registry import GOOD, create_toy_registry, stub_bundle

UNUSED = {
    "dvc",
    "great_expectations",
    "matplotlib",
    "mlflow",
    "optuna",
    "sklearn",
    "sqlalchemy",
    "tensorflow",
}
ASKING = """
import json, sys
from seqops.cli import predict
from seqops.core.project import Project
from seqops.params import Params
from seqops.registry import lookup, version_process

params = Params.load(Project.find().params)
for name in params.names:
    params.task(name).endpoint()
assert lookup.aliased(Project.find(), sys.argv[1], "champion")[1].version == "1"
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A project with a champion in its own store."""
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_TRACKING_URI", "")
        patched.setattr(publish, "log_bundle", stub_bundle)
        (root / ".state" / "mlflow").mkdir(parents=True)
        own_database.create(root / ".state" / "mlflow" / "mlflow.db")
        toy = create_toy_registry(root, "own")
        toy.make(GOOD)
        yield toy


def test_it_is_what_mlflow_says(toy):
    found = lookup.local_version(toy.project, toy.model, "champion")
    by_mlflow = versions.version(toy.client, toy.model, "1")
    assert (found.name, found.version, found.run_id) == (toy.model, "1", by_mlflow.run_id)
    assert found.tags == by_mlflow.tags


def test_its_files_are_verified(toy, tmp_path):
    client, version = lookup.aliased(toy.project, toy.model, "champion")
    assert isinstance(version, lookup.LocalVersion)
    (tmp_path / "intact").mkdir()
    assert verify.verified_copy(client, version, tmp_path / "intact").is_dir()


def test_mlflow_is_asked_where_there_is_no_such_alias(toy):
    assert lookup.local_version(toy.project, toy.model, "former") is None
    client, version = lookup.aliased(toy.project, toy.model, "former")
    assert version is None and not isinstance(client, lookup.LateClient)


def test_mlflow_is_asked_where_the_store_is_another_or_cannot_be_read(toy, monkeypatch, tmp_path):
    moved = type(toy.project)(tmp_path)
    assert lookup.local_version(moved, toy.model, "champion") is None  # no database
    shutil.copytree(toy.project.root, moved.root, dirs_exist_ok=True)
    assert lookup.local_version(moved, toy.model, "champion") is None  # addresses of the former place
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert lookup.local_version(toy.project, toy.model, "champion") is None


def test_asking_imports_only_what_it_needs(toy, request):
    root = request.config.rootpath
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(root / name, toy.project.root / name)
    command = [sys.executable, "-c", ASKING, toy.model]
    done = subprocess.run(command, cwd=toy.project.root, check=True, capture_output=True, text=True)
    assert UNUSED & {name.partition(".")[0] for name in json.loads(done.stdout)} == set()


def test_an_altered_bundle_is_named_with_its_files(toy, tmp_path):
    client, version = lookup.aliased(toy.project, toy.model, "champion")
    added = Path(version.source.removeprefix("file://")) / "added.txt"
    added.write_text("more")
    with pytest.raises(SeqopsError, match=r"is not what was registered: added\.txt was added"):
        verify.verified_copy(client, version, tmp_path)
