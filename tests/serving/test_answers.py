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
from seqops.core.errors import DataError
from seqops.core.files import read_json
from seqops.core.project import Project
from seqops.params import Params

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
        yield Project(root)


@pytest.fixture(scope="module", params=NAMES)
def case(store, request, tmp_path_factory):
    """One task's champion asked in every way, all at once: most of the time goes into imports."""
    task = Params.load(store.params).task(request.param)
    folder = tmp_path_factory.mktemp(task.name)
    example = task.endpoint().example(read_json(store.task_paths(task.name).meta))
    inputs, uri = [example, f" {example}"], f"models:/{task.data.registered_name}@champion"
    (folder / "in.json").write_text(json.dumps({"inputs": inputs}), "utf-8")
    files = ["-i", str(folder / "in.json"), "-o", str(folder / "out.json"), "-t", "json"]
    said = started([*SEQOPS, "predict", task.name, "--json", *inputs])
    filed = started([*MLFLOW, "predict", "-m", uri, "--env-manager", "local", *files])
    server = Server(uri, folder / "log")
    try:
        model = mlflow.pyfunc.load_model(uri)
        yield SimpleNamespace(
            uri=uri,
            inputs=inputs,
            model=model,
            answers=json.loads(json.dumps(model.predict(inputs))),
            said=said,
            filed=filed,
            out=folder / "out.json",
            server=server,
        )
    finally:
        for process in (said, filed):
            process.kill()
            process.communicate()
        server.stop()


def started(command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output(process):
    said, complaint = process.communicate()
    assert process.returncode == 0, complaint
    return said


class Server:
    """`mlflow models serve` on a free port."""

    def __init__(self, uri, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self.log = f"http://127.0.0.1:{port}", log
        place = ["-h", "127.0.0.1", "-p", str(port)]
        with log.open("w") as said:
            self.process = subprocess.Popen(
                [*MLFLOW, "serve", "-m", uri, "--env-manager", "local", *place],
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self):
        deadline = time.monotonic() + UP
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.address}/ping", timeout=5)
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
            else:
                return
        raise AssertionError(self.log.read_text())

    def ask(self, request):
        """Return the status and the answer."""
        body, headers = json.dumps(request).encode(), {"Content-Type": "application/json"}
        try:
            asked = urllib.request.Request(f"{self.address}/invocations", body, headers)
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def test_each_input_has_an_answer_of_its_own(case):
    assert len(case.answers) == len(case.inputs) == 2


def test_seqops_predict_answers_as_the_loaded_model(case):
    assert [json.loads(line) for line in output(case.said).splitlines()] == case.answers


def test_mlflow_predicts_from_a_file_as_the_loaded_model(case):
    output(case.filed)
    assert read_json(case.out) == {"predictions": case.answers}


def test_mlflow_serves_the_loaded_model_and_tells_what_is_wrong_with_an_input(case):
    case.server.wait()
    assert case.server.ask({"inputs": case.inputs}) == (200, {"predictions": case.answers})
    with pytest.raises(DataError) as told:
        case.model.predict([""])
    for wrong, said in (("", str(told.value)), (3, "Expected type str")):
        status, answer = case.server.ask({"inputs": [wrong]})
        assert status == 400
        assert said in answer["message"]
        assert "stack_trace" not in answer


def test_the_model_says_what_it_takes_and_what_it_needs(case):
    info = mlflow.models.get_model_info(case.uri)
    assert [str(c.type) for c in info.signature.inputs] == ["DataType.string"]
    local = mlflow.artifacts.download_artifacts(case.uri)
    model = mlflow.models.Model.load(local)
    assert model.load_input_example(local) == [case.inputs[0]]
    assert json.loads(model.get_serving_input(local)) == {"inputs": [case.inputs[0]]}
    needed = Path(mlflow.pyfunc.get_model_dependencies(case.uri)).read_text().splitlines()
    assert f"tensorflow=={importlib.metadata.version('tensorflow')}" in needed
