"""A bundle in which anything was changed is refused before its code runs, by every command of the project."""

import shutil
from pathlib import Path

import mlflow
import mlflow.pyfunc
import pytest
from typer.testing import CliRunner

from realm import BETTER, GOOD
from seqops.cli import app
from seqops.core.files import read_json, sha256_of, sha256_of_json, write_json
from seqops.params import Params
from seqops.registry import publish, verify, versions

HERE = Path(__file__).parents[2]
WEIGHTS, MODEL, CODE = "artifacts/model.weights.h5", "MLmodel", "code/seqops/serving.py"


def small_bundle(task, folder, run_id, example):
    """Log a folder that looks like a bundle to those who do not run it."""
    client = mlflow.MlflowClient()
    scratch = folder.path / "model"
    for name in (WEIGHTS, MODEL, CODE):
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} as registered\n")
    (scratch / CODE).write_text(f"open({str(folder.path / 'ran')!r}, 'w')\n")
    client.log_artifacts(run_id, str(scratch), "model")
    shutil.rmtree(scratch)
    return f"{client.get_run(run_id).info.artifact_uri}/model"


@pytest.fixture
def project(realm, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(HERE / name, realm.store.root / name)
    monkeypatch.setenv("SEQOPS_ROOT", str(realm.store.root))
    monkeypatch.setattr(Params, "task", lambda self, name: realm.task)
    monkeypatch.setattr(publish, "log_bundle", small_bundle)
    realm.make(GOOD)
    return realm


def version(project):
    return versions.version(project.client, project.model, "1")


def folder(project):
    return Path(version(project).source.removeprefix("file://"))


def listing(project):
    return project.artifact(project.client.get_run(version(project).run_id), verify.LIST)


def alter(bundle, name):
    (bundle / name).write_text("other")


def lose(bundle, name):
    (bundle / name).unlink()


def add(bundle, name):
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_text("import os\n")


def link(bundle, name):
    elsewhere = bundle.parent / "elsewhere"
    elsewhere.write_text("other")
    (bundle / name).unlink()
    (bundle / name).symlink_to(elsewhere)


TAMPERINGS = [
    (alter, WEIGHTS, "is altered"),
    (alter, MODEL, "is altered"),
    (alter, CODE, "is altered"),
    (lose, WEIGHTS, "is missing"),
    (lose, CODE, "is missing"),
    (add, "code/seqops/sitecustomize.py", "was added"),
    (add, "code/json.pyc", "was added"),
    (link, CODE, "is altered"),
]


@pytest.mark.parametrize(("tamper", "name", "said"), TAMPERINGS)
def test_predict_refuses_what_was_tampered_with(project, tamper, name, said):
    bundle = folder(project)
    tamper(bundle, name)
    done = CliRunner().invoke(app, ["predict", project.task.name, "12"])
    assert done.exit_code == 1 and done.stdout == ""
    assert done.stderr.startswith(f"error: the bundle of version 1 of {project.model} is not what was")
    assert f"{name} {said}" in done.stderr and str(bundle) in done.stderr
    assert "promote another version" in done.stderr and "Traceback" not in done.stderr
    assert not (project.folder.path / "ran").exists()


def test_a_champion_that_was_tampered_with_is_not_scored_on_new_data_and_stays(project):
    alter(folder(project), CODE)
    decision = project.make(BETTER, data=1)
    assert (decision.action, project.champion) == ("kept", "1")
    assert f"{CODE} is altered" in decision.reason
    assert not (project.folder.path / "ran").exists()


def test_a_list_that_was_altered_together_with_a_file_does_not_help(project):
    bundle = folder(project)
    alter(bundle, WEIGHTS)
    forged = {**read_json(listing(project)), WEIGHTS: sha256_of(bundle / WEIGHTS)}
    write_json(listing(project), forged)
    done = CliRunner().invoke(app, ["predict", project.task.name, "12"])
    assert done.exit_code == 1
    assert "the list of its files, bundle.json, is lost or altered too" in done.stderr


def test_a_lost_list_does_not_lose_an_intact_bundle(project, tmp_path):
    listing(project).unlink()
    assert (verify.verified_copy(project.client, version(project), tmp_path) / CODE).is_file()


def test_a_link_that_leads_nowhere_and_a_lost_bundle_are_told_in_words(project):
    bundle = folder(project)
    lose(bundle, WEIGHTS)
    (bundle / WEIGHTS).symlink_to("nowhere")
    for lose_all in (False, True):
        if lose_all:
            shutil.rmtree(bundle)
        done = CliRunner().invoke(app, ["predict", project.task.name, "12"])
        assert done.exit_code == 1 and "Traceback" not in done.stderr
        assert done.stderr.startswith(f"error: the bundle of version 1 of {project.model}")


def test_compiled_code_that_was_laid_beside_the_source_is_not_taken(project, tmp_path):
    cache = folder(project) / "code" / "seqops" / "__pycache__" / "model.cpython-311.pyc"
    cache.parent.mkdir()
    cache.write_bytes(b"other code")
    verified = verify.verified_copy(project.client, version(project), tmp_path)
    assert [*verified.rglob("*.pyc")] == []


def test_the_tag_is_the_hash_of_the_list_and_the_list_names_every_file(project):
    kept = read_json(listing(project))
    assert sorted(kept) == sorted([WEIGHTS, MODEL, CODE])
    assert version(project).tags[verify.BUNDLE] == sha256_of_json(kept)
    assert kept[MODEL] == sha256_of(folder(project) / MODEL)


def test_a_version_of_before_is_loaded_with_a_warning(project, tmp_path, capfd):
    project.client.delete_model_version_tag(project.model, "1", verify.BUNDLE)
    alter(folder(project), WEIGHTS)
    assert verify.verified_copy(project.client, version(project), tmp_path).is_dir()
    assert "cannot be checked" in capfd.readouterr().err
