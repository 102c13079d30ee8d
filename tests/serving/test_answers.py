"""A registered model answers alike however it is asked: loaded, served, from a file, and by `seqops predict`.

A request to the server, and the file of `mlflow models predict`, is `{"inputs": [RAW INPUT, ...]}`; the
answer is `{"predictions": [RECORD, ...]}`.
"""

import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pytest

from checkout import NAMES, project, start
from seqops.contract import BadData
from seqops.params import Params
from seqops.store import Store, read_json

pytestmark = pytest.mark.slow
UP = 240  # seconds that a busy machine may take to load a model
MLFLOW = [sys.executable, "-m", "mlflow", "models"]
SEQOPS = [sys.executable, "-c", "from seqops.cli import app; app()"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A project whose models, however weak, are champions."""
    root = project(tmp_path_factory.mktemp("serving") / "project")
    process = start(root)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    with pytest.MonkeyPatch.context() as patch:
        uri = f"sqlite:///{root / '.state' / 'mlflow' / 'mlflow.db'}"
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        patch.setenv("SEQOPS_ROOT", str(root))
        mlflow.set_tracking_uri(uri)
        for name in NAMES:
            model = Params.load(root / "params.yaml").task(name).data.registered_name
            mlflow.MlflowClient().set_registered_model_alias(model, "champion", "1")
        yield Store(root)


@pytest.fixture(scope="module", params=NAMES)
def case(store, request):
    """One task's champion, two raw inputs, its answers when loaded, and what it says of an empty input."""
    task = Params.load(store.params).task(request.param)
    example = task.data.request_example(read_json(store.folder(task.name).meta))
    inputs, uri = [example, f" {example}"], f"models:/{task.data.registered_name}@champion"
    model = mlflow.pyfunc.load_model(uri)
    answers = json.loads(json.dumps(model.predict(inputs)))
    assert len(answers) == 2
    with pytest.raises(BadData) as told:
        model.predict([""])
    return SimpleNamespace(name=task.name, uri=uri, inputs=inputs, answers=answers, refusal=str(told.value))


def lines(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_seqops_predict_answers_as_the_loaded_model(case):
    said = lines([*SEQOPS, "predict", case.name, "--json", *case.inputs])
    assert [json.loads(line) for line in said] == case.answers


def test_mlflow_predicts_from_a_file_as_the_loaded_model(case, tmp_path):
    (tmp_path / "in.json").write_text(json.dumps({"inputs": case.inputs}), "utf-8")
    files = ["-i", str(tmp_path / "in.json"), "-o", str(tmp_path / "out.json")]
    lines([*MLFLOW, "predict", "-m", case.uri, "--env-manager", "local", "-t", "json", *files])
    assert read_json(tmp_path / "out.json") == {"predictions": case.answers}


def test_mlflow_serves_the_loaded_model_and_tells_what_is_wrong_with_an_input(case, tmp_path):
    with served(case.uri, tmp_path / "log") as ask:
        assert ask({"inputs": case.inputs}) == (200, {"predictions": case.answers})
        for wrong, said in (("", case.refusal), (3, "Expected type str")):
            status, answer = ask({"inputs": [wrong]})
            assert status == 400
            assert said in answer["message"]
            assert "stack_trace" not in answer


class served:  # noqa: N801
    """A server of a model on a free port; yields a function from a request to (status, answer)."""

    def __init__(self, uri, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self.log = f"http://127.0.0.1:{port}", log
        place = ["-h", "127.0.0.1", "-p", str(port)]
        with log.open("w") as said:
            self.server = subprocess.Popen(
                [*MLFLOW, "serve", "-m", uri, "--env-manager", "local", *place],
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self):
        deadline = time.monotonic() + UP
        while self.server.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.address}/ping", timeout=5)
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
            else:
                return self.ask
        self.__exit__()
        raise AssertionError(self.log.read_text())

    def __exit__(self, *_):
        os.killpg(self.server.pid, signal.SIGTERM)
        self.server.wait()

    def ask(self, request):
        body, headers = json.dumps(request).encode(), {"Content-Type": "application/json"}
        try:
            asked = urllib.request.Request(f"{self.address}/invocations", body, headers)
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def test_the_model_says_what_it_takes_and_what_it_needs(case):
    info = mlflow.models.get_model_info(case.uri)
    assert [str(c.type) for c in info.signature.inputs] == ["DataType.string"]
    local = mlflow.artifacts.download_artifacts(case.uri)
    model = mlflow.models.Model.load(local)
    assert model.load_input_example(local) == [case.inputs[0]]
    assert json.loads(model.get_serving_input(local)) == {"inputs": [case.inputs[0]]}
    needed = Path(mlflow.pyfunc.get_model_dependencies(case.uri)).read_text().splitlines()
    assert f"tensorflow=={importlib.metadata.version('tensorflow')}" in needed
