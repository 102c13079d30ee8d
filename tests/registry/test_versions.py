"""Versions and aliases in MLflow's registry; a tracking store that does not answer."""

import socket
import subprocess
import sys
import time

import mlflow
import pytest

from seqops.core.errors import SeqopsError
from seqops.core.interfaces import Task
from seqops.core.project import Project
from seqops.registry import versions
from seqops.registry.tags import tags_of
from seqops.tracking import connection, mlflow_runs


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    mlflow.set_tracking_uri(f"sqlite:///{root / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("toy", artifact_location=(root / "artifacts").as_uri())
    client.toy_run = client.create_run(experiment)
    return client


DECISION_KEPT = {
    "seqops.decision": "kept",
    "seqops.decision_by": "rule",
    "seqops.decision_reason": "a tie",
}


def registered(client, name, content):
    run = client.toy_run
    versions.describe(client, name, "a toy")
    tags = {"seqops.model_sha256": content}
    return client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id, tags=tags)


def test_a_version_is_found_by_its_content(client):
    version = registered(client, "content", "a")
    assert versions.version_of(client, "content", {"seqops.model_sha256": "a"}).version == version.version
    assert versions.version_of(client, "content", {"seqops.model_sha256": "b"}) is None


def test_versions_are_listed_newest_first_and_an_unknown_one_is_refused_with_the_existing(client):
    for content in "abc":
        registered(client, "three", content)
    assert [str(v.version) for v in versions.versions(client, "three")] == ["3", "2", "1"]
    assert tags_of(versions.version(client, "three", "2")) == {"seqops.model_sha256": "b"}
    with pytest.raises(SeqopsError, match=r"three has no version 9\. Existing versions: 1, 2, 3\."):
        versions.version(client, "three", "9")


def test_only_what_differs_is_updated(client):
    version = registered(client, "same", "a")
    versions.update(client, version, {"seqops.model_sha256": "a", "seqops.rows": "test 20"}, "a card")
    found = versions.version(client, "same", "1")
    assert (found.tags["seqops.rows"], found.description) == ("test 20", "a card")
    stamp = found.last_updated_timestamp
    versions.update(client, found, tags_of(found), "a card")
    assert versions.version(client, "same", "1").last_updated_timestamp == stamp


def test_the_status_has_the_aliases_and_the_last_decision(client):
    version = registered(client, "standing", "a")
    versions.set_alias(client, "standing", "challenger", "1")
    versions.tag(client, version, DECISION_KEPT)
    client.log_metric(version.run_id, "seconds", 12.0)
    expected = versions.RegistryStatus("standing: challenger v1", 12.0, "Version 1 kept: a tie.")
    assert versions.registry_status(client, "standing") == expected


def test_an_unregistered_model_has_no_alias(client):
    assert versions.get_alias(client, "unregistered", "champion") is None
    assert versions.registry_status(client, "unregistered").aliases == "unregistered: not registered"


def test_a_server_that_never_answers_is_reported_within_seconds(tmp_path, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{port}")
        with pytest.raises(SeqopsError, match="MLFLOW_TRACKING_URI") as raised:
            connection.connect(Project(tmp_path))
    assert "secret" not in str(raised.value)


def test_secrets_in_a_source_are_redacted():
    source = ["https://me:pw@host/a.csv?token=abc&x=1", "mine.csv"]
    task = Task("toy", source, None, None, None, None, None, None, {})
    assert mlflow_runs.source_of(task) == "https://***@host/a.csv?token=***&x=***,mine.csv"


CREATE_EXPERIMENT = """
import sys
from pathlib import Path
from seqops.tracking import mlflow_runs as track
from seqops.core.project import Project
store = Project(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(track.experiment_of(track.connect(store), store, "toy"))
"""


def test_processes_that_create_a_store_at_the_same_time_find_the_same_one(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command = [sys.executable, "-c", CREATE_EXPERIMENT, str(tmp_path)]
    piped = subprocess.PIPE
    running = [
        subprocess.Popen(command, stdin=piped, stdout=piped, stderr=piped, text=True) for _ in range(3)
    ]
    assert [process.stdout.readline() for process in running] == ["ready\n"] * 3
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate() for process in running]
    assert ends == [("1\n", "")] * 3


def test_a_process_killed_while_creating_a_store_leaves_no_partial_one(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command = [sys.executable, "-c", CREATE_EXPERIMENT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write("\n")
        process.stdin.flush()
        while not list(tmp_path.rglob("*.db*")):
            time.sleep(0.001)
        process.kill()
    done = subprocess.run(command, input="\n", capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("ready\n1\n", "")
    assert sorted(path.name for path in tmp_path.rglob("*.db*")) == ["mlflow.db"]
