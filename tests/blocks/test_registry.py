"""Who may be champion; nothing registered twice; a tracking store that does not answer."""

import socket

import mlflow
import pytest

from seqops.blocks import registry, track
from seqops.contract import SeqopsError, Task
from seqops.store import Store


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    mlflow.set_tracking_uri(f"sqlite:///{root / 'mlflow.db'}")
    made = mlflow.MlflowClient()
    experiment = made.create_experiment("toy", artifact_location=(root / "artifacts").as_uri())
    made.toy_run = made.create_run(experiment)
    return made


def registered(client, name, content):
    run = client.toy_run
    uri = f"{run.info.artifact_uri}/model"
    tags = {"seqops.model_sha256": content}
    return registry.register(client, name, uri, run.info.run_id, tags, "a toy")


def test_the_first_to_beat_its_trivial_baselines_is_champion_and_the_next_is_not(client):
    first, second = registered(client, "race", "a"), registered(client, "race", "b")
    assert registry.crown(client, "race", first, beats_trivial=True).champion
    decision = registry.crown(client, "race", second, beats_trivial=True)
    assert not decision.champion
    assert decision.reason == f"version {first} is champion"
    assert registry.holder(client, "race", "champion") == first
    assert registry.holder(client, "race", "challenger") == second


def test_a_model_that_loses_to_a_trivial_baseline_is_never_champion(client):
    version = registered(client, "loser", "a")
    assert not registry.crown(client, "loser", version, beats_trivial=False).champion
    assert registry.holder(client, "loser", "champion") is None


def test_crowning_twice_changes_nothing(client):
    version = registered(client, "again", "a")
    registry.crown(client, "again", version, beats_trivial=True)
    assert registry.crown(client, "again", version, beats_trivial=False).reason == "it is the champion"


def test_a_version_is_found_by_its_content(client):
    version = registered(client, "content", "a")
    assert registry.version_of(client, "content", {"seqops.model_sha256": "a"}) == version
    assert registry.version_of(client, "content", {"seqops.model_sha256": "b"}) is None


def test_a_model_that_is_not_there_holds_no_alias(client):
    assert registry.holder(client, "nobody", "champion") is None
    assert registry.standing(client, "nobody").words == "nobody: not registered"


def test_a_server_that_never_answers_is_told_within_seconds(tmp_path, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{port}")
        with pytest.raises(SeqopsError, match="MLFLOW_TRACKING_URI") as told:
            track.connect(Store(tmp_path))
    assert "secret" not in str(told.value)


def test_passwords_are_masked():
    assert (
        track.masked("see postgresql://me:pw@db/x and http://a@b")
        == "see postgresql://***@db/x and http://***@b"
    )


def test_the_secrets_of_a_source_are_written_nowhere():
    source = ["https://me:pw@host/a.csv?token=abc&x=1", "mine.csv"]
    task = Task("toy", source, None, None, None, {})
    assert track.source_of(task) == "https://***@host/a.csv?token=***&x=***,mine.csv"
