"""A modified bundle is refused before its code runs, by every command of the project."""

import os
import shutil
import uuid
from pathlib import Path

import mlflow
import mlflow.pyfunc
import pytest
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.files import read_json, sha256_of, sha256_of_json, write_json
from seqops.params import Params
from seqops.registry import publish, verify, versions
from seqops.registry.tags import tags_of
from seqops.tracking.mlflow_runs import METRICS_SHA256, read_run_scores
from toy_registry import BETTER, GOOD

ROOT = Path(__file__).parents[2]
WEIGHTS, MODEL, CODE = "artifacts/model.weights.h5", "MLmodel", "code/seqops/serving.py"


def small_bundle(task, folder, run_id, example):
    """Log a folder that has the files of a bundle but cannot run."""
    client = mlflow.MlflowClient()
    scratch = folder.path / "model"
    for name in (WEIGHTS, MODEL, CODE):
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} as registered\n")
    (scratch / CODE).write_text(f"open({str(folder.path / 'ran')!r}, 'w')\n")
    place = f"model-{uuid.uuid4()}"
    client.log_artifacts(run_id, str(scratch), place)
    shutil.rmtree(scratch)
    return f"{client.get_run(run_id).info.artifact_uri}/{place}"


@pytest.fixture
def toy(toy, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, toy.project.root / name)
    monkeypatch.setenv("SEQOPS_ROOT", str(toy.project.root))
    monkeypatch.setattr(Params, "task", lambda self, name: toy.task)
    monkeypatch.setattr(publish, "log_bundle", small_bundle)
    toy.make(GOOD)
    return toy


def version(toy):
    return versions.version(toy.client, toy.model, "1")


def folder(toy):
    return Path(version(toy).source.removeprefix("file://"))


def listing(toy):
    return toy.artifact(
        toy.client.get_run(version(toy).run_id), verify.list_name(tags_of(version(toy))[verify.BUNDLE])
    )


def modify(bundle, name):
    (bundle / name).write_text("other")


def delete(bundle, name):
    (bundle / name).unlink()


def add(bundle, name):
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_text("import os\n")


def replace_by_link(bundle, name):
    elsewhere = bundle.parent / "elsewhere"
    elsewhere.write_text("other")
    (bundle / name).unlink()
    (bundle / name).symlink_to(elsewhere)


def replace_by_equal_link(bundle, name):
    """Move a file out of the bundle: what is verified could change until it is loaded."""
    (bundle / name).rename(bundle.parents[3] / "elsewhere")
    (bundle / name).symlink_to(bundle.parents[3] / "elsewhere")


def replace_by_pipe(bundle, name):
    (bundle / name).unlink()
    os.mkfifo(bundle / name)


def link_to_folder(bundle, name):
    (bundle / name).symlink_to("/")


TAMPERINGS = [
    (modify, WEIGHTS, "is altered"),
    (modify, MODEL, "is altered"),
    (modify, CODE, "is altered"),
    (delete, WEIGHTS, "is missing"),
    (delete, CODE, "is missing"),
    (add, "code/seqops/sitecustomize.py", "was added"),
    (add, "code/json.pyc", "was added"),
    (replace_by_link, CODE, "is altered"),
    (replace_by_equal_link, CODE, "is altered"),
    (replace_by_pipe, CODE, "is missing"),
    (link_to_folder, "code/other", "was added"),
]


@pytest.mark.parametrize(("tamper", "name", "message"), TAMPERINGS)
def test_predict_refuses_a_modified_bundle(toy, tamper, name, message):
    bundle = folder(toy)
    tamper(bundle, name)
    done = CliRunner().invoke(app, ["predict", toy.task.name, "12"])
    assert done.exit_code == 1 and done.stdout == ""
    assert done.stderr.startswith(f"error: the bundle of version 1 of {toy.model} is not what was")
    assert f"{name} {message}" in done.stderr and str(bundle) in done.stderr
    assert "promote another version" in done.stderr and "Traceback" not in done.stderr
    assert not (toy.folder.path / "ran").exists()


def test_a_modified_champion_is_not_scored_on_new_data_and_stays_champion(toy):
    modify(folder(toy), CODE)
    decision = toy.make(BETTER, data=1)
    assert (decision.action, toy.champion) == ("kept", "1")
    assert f"{CODE} is altered" in decision.reason
    assert not (toy.folder.path / "ran").exists()


def test_modifying_the_list_together_with_a_file_is_detected(toy):
    bundle = folder(toy)
    modify(bundle, WEIGHTS)
    forged = {**read_json(listing(toy)), WEIGHTS: sha256_of(bundle / WEIGHTS)}
    write_json(listing(toy), forged)
    done = CliRunner().invoke(app, ["predict", toy.task.name, "12"])
    assert done.exit_code == 1
    assert "the list of its files is lost or altered too" in done.stderr


def test_an_intact_bundle_without_its_list_is_usable(toy, tmp_path):
    listing(toy).unlink()
    assert (verify.verified_copy(toy.client, version(toy), tmp_path) / CODE).is_file()


def test_a_dangling_link_and_a_deleted_bundle_are_reported_without_a_traceback(toy):
    bundle = folder(toy)
    delete(bundle, WEIGHTS)
    (bundle / WEIGHTS).symlink_to("nowhere")
    for delete_all in (False, True):
        if delete_all:
            shutil.rmtree(bundle)
        done = CliRunner().invoke(app, ["predict", toy.task.name, "12"])
        assert done.exit_code == 1 and "Traceback" not in done.stderr
        assert done.stderr.startswith(f"error: the bundle of version 1 of {toy.model}")


def test_compiled_code_added_next_to_the_source_is_not_copied(toy, tmp_path):
    cache = folder(toy) / "code" / "seqops" / "__pycache__" / "model.cpython-311.pyc"
    cache.parent.mkdir()
    cache.write_bytes(b"other code")
    verified = verify.verified_copy(toy.client, version(toy), tmp_path)
    assert [*verified.rglob("*.pyc")] == []


def test_the_tag_is_the_hash_of_the_list_and_the_list_names_every_file(toy):
    hashes = read_json(listing(toy))
    assert sorted(hashes) == sorted([WEIGHTS, MODEL, CODE])
    assert tags_of(version(toy))[verify.BUNDLE] == sha256_of_json(hashes)
    assert hashes[MODEL] == sha256_of(folder(toy) / MODEL)


def test_a_version_without_hashes_is_loaded_with_a_warning(toy, tmp_path, capfd):
    toy.forget("1", verify.BUNDLE)
    modify(folder(toy), WEIGHTS)
    assert verify.verified_copy(toy.client, version(toy), tmp_path).is_dir()
    assert "cannot be checked" in capfd.readouterr().err


def damage(toy, how):
    bundle = folder(toy)
    if how == "all artefacts":
        shutil.rmtree(bundle.parents[2])
    elif how == "the bundle":
        shutil.rmtree(bundle)
    elif how == "a link to nothing":
        delete(bundle, WEIGHTS)
        (bundle / WEIGHTS).symlink_to("nowhere")
    elif how == "a link out of the store":
        replace_by_equal_link(bundle, WEIGHTS)
    else:
        modify(bundle, WEIGHTS)


DAMAGES = {
    "all artefacts": "is missing",
    "the bundle": "is missing",
    "a link to nothing": f"{WEIGHTS} is altered",
    "a link out of the store": f"{WEIGHTS} is altered",
    "weights": f"{WEIGHTS} is altered",
}


@pytest.mark.parametrize("how", DAMAGES)
def test_publish_repairs_a_champion_whose_bundle_is_missing_or_altered(toy, how, tmp_path):
    damage(toy, how)
    done = CliRunner().invoke(app, ["predict", toy.task.name, "12"])
    assert done.exit_code == 1 and DAMAGES[how] in done.stderr
    assert f"`seqops publish {toy.task.name}` registers it again" in done.stderr
    decision = toy.publish()
    assert (decision.action, decision.before, decision.after) == ("promoted", "1", "2")
    assert decision.reason.startswith(f"the bundle of version 1 of {toy.model} is")
    assert (toy.champion, toy.challenger) == ("2", "2")
    again = versions.version(toy.client, toy.model, "2")
    assert (verify.verified_copy(toy.client, again, tmp_path) / WEIGHTS).is_file()
    assert toy.publish().action == "kept"
    assert len(versions.versions(toy.client, toy.model)) == 2


def test_a_rollback_passes_over_the_version_that_was_registered_again(toy):
    toy.make(BETTER, data=0)
    assert toy.champion == "2"
    shutil.rmtree(Path(versions.version(toy.client, toy.model, "2").source.removeprefix("file://")))
    assert toy.publish().after == "3"
    assert toy.champion_alias.roll_back().after == "1"


def test_a_demoted_version_that_is_registered_again_stays_demoted(toy):
    toy.make(BETTER, data=0)
    toy.champion_alias.roll_back()
    shutil.rmtree(Path(versions.version(toy.client, toy.model, "2").source.removeprefix("file://")))
    assert toy.publish().action == "kept"
    assert (toy.champion, toy.challenger) == ("1", "3")


def scores(toy):
    return toy.artifact(toy.client.get_run(version(toy).run_id), "evaluation.json")


def forge(path):
    forged = read_json(path)
    forged["model"]["accuracy"].update(value=0.999, low=0.998, high=1.0)
    write_json(path, forged)


SCORES = {
    "altered": forge,
    "altered to no JSON": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("how", SCORES)
def test_scores_that_are_missing_or_altered_count_for_nothing_until_they_are_published_again(toy, how):
    toy.make(BETTER)
    run = toy.client.get_run(versions.version(toy.client, toy.model, "2").run_id)
    SCORES[how](toy.artifact(run, "evaluation.json"))
    word = how.split()[0]
    done = CliRunner().invoke(app, ["compare", toy.task.name])
    assert done.exit_code == 0, done.output
    assert f"v2: its scores are {word}" in done.output and "0.999" not in done.output
    done = CliRunner().invoke(app, ["promote", toy.task.name, "2"])
    assert "0.999" not in done.output
    toy.champion_alias.roll_back()
    done = CliRunner().invoke(app, ["promote", toy.task.name, "2", "--yes"])
    assert (
        f"the rule cannot decide: {'evaluation.json' if word == 'altered' else 'the scores'}" in done.output
    )
    toy.publish()
    assert f"are {word}" not in CliRunner().invoke(app, ["compare", toy.task.name]).output


def test_scores_recorded_without_a_hash_are_read(toy):
    run = version(toy).run_id
    toy.client.delete_tag(run, METRICS_SHA256)
    forge(scores(toy))
    assert read_run_scores(toy.client, run)["model"]["accuracy"]["value"] == 0.999
