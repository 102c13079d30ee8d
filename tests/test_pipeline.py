"""The whole pipeline, twice, in two processes: equal artefacts, and registered models that agree.

A request to a server, and the file of `mlflow models predict`, is `{"inputs": [RAW INPUT, ...]}`; the
answer is `{"predictions": [RECORD, ...]}`.
"""

import importlib.metadata
import json
import os
import re
import shlex
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
from seqops.core.callbacks import MIXTURE
from seqops.core.errors import DataError
from seqops.core.files import read_json, sha256_of
from seqops.core.project import Project
from seqops.params import Params
from seqops.registry.names import registered_name
from seqops.registry.tags import tags_of

pytestmark = pytest.mark.slow
STARTUP_SECONDS = 240  # seconds that a busy machine may need to load a model
MLFLOW = [sys.executable, "-m", "mlflow", "models"]
SEQOPS = [sys.executable, "-c", "from seqops.cli import app; app()"]
ARTEFACTS = [
    "raw",
    "validation.json",
    "table.parquet",
    "arrays",
    "meta.json",
    "model.weights.h5",
    "training.json",
    "history.csv",
    "repeats",
    "evaluation.json",
    "metrics.json",
    "predictions.parquet",
    "plots",
    "plot_data",
    "report.html",
]


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """Two projects with all stages run."""
    parent = tmp_path_factory.mktemp("projects")
    roots = [project(parent / "one", seeds=2), project(parent / "two", seeds=2)]
    processes = [start(root) for root in roots]
    for process in processes:
        output, _ = process.communicate()
        assert process.returncode == 0, output
    return [Project(root) for root in roots]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "artefact",
    ARTEFACTS,
)
def test_two_runs_give_equal_bytes(projects, name, artefact):
    one, two = (store.task_paths(name).path / artefact for store in projects)
    assert one.exists()
    assert sha256_of(one) == sha256_of(two)


@pytest.mark.parametrize("name", NAMES)
def test_metrics_have_the_keys_that_others_use(projects, name):
    metrics = read_json(projects[0].task_paths(name).evaluation)
    assert metrics["task"] == name
    assert metrics["source"] == "sample"
    assert metrics["goal"] in metrics["model"]
    assert metrics["verdict"]
    score = metrics["model"][metrics["goal"]]
    if score["low"] is None:
        assert score["reason"]
    else:
        assert score["low"] <= score["value"] <= score["high"]
    assert all(metrics["goal"] in scores for scores in metrics["baselines"].values())


@pytest.fixture(scope="module")
def client(projects):
    mlflow.set_tracking_uri(f"sqlite:///{projects[0].state / 'mlflow' / 'mlflow.db'}")
    return mlflow.MlflowClient()


@pytest.mark.parametrize("name", NAMES)
def test_the_run_has_params_curves_scores_and_hashes(projects, client, name):
    task = Params.load(projects[0].params).task(name)
    version = client.get_model_version_by_alias(registered_name(task), "challenger")
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["fit.epochs"] == "1"
    [point] = client.get_metric_history(version.run_id, "train/loss")
    initial, validation = client.get_metric_history(version.run_id, "validation/goal")
    assert (initial.step, point.step, validation.step) == (0, 1, 1)
    assert run.data.metrics["validation/initial"] == pytest.approx(initial.value)
    mixed = client.get_metric_history(version.run_id, f"validation/{MIXTURE}")
    kept = [initial.value, validation.value] if not mixed else [point.value for point in mixed]
    assert run.data.metrics["validation/best"] in kept
    assert run.info.run_name == run.data.tags["seqops.source"] == "sample"
    assert (run.data.tags["seqops.kind"], run.data.tags["seqops.task"]) == ("training", name)
    metrics = read_json(projects[0].task_paths(name).evaluation)
    goal = metrics["goal"]
    assert run.data.metrics[f"test/{goal}"] == pytest.approx(metrics["model"][goal]["value"])
    assert run.data.tags["seqops.model_sha256"] == sha256_of(projects[0].task_paths(name).weights)
    assert run.data.tags["seqops.model_sha256"] == tags_of(version)["seqops.model_sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_a_registered_model_loads_without_the_repository(projects, client, name, tmp_path):
    task = Params.load(projects[0].params).task(name)
    version = client.get_model_version_by_alias(registered_name(task), "challenger")
    example = task.endpoint().example(read_json(projects[0].task_paths(name).meta))
    program = (
        "import json, sys, mlflow\n"
        "mlflow.set_tracking_uri(sys.argv[1])\n"
        "model = mlflow.pyfunc.load_model(sys.argv[2])\n"
        "records = model.predict([sys.argv[3]])\n"
        "import seqops\n"
        "print(json.dumps([seqops.__file__, records]))\n"
    )
    uri = f"models:/{registered_name(task)}/{version.version}"
    done = subprocess.run(
        [sys.executable, "-c", program, mlflow.get_tracking_uri(), uri, example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code, records = json.loads(done.stdout.splitlines()[-1])
    assert Path(code).is_relative_to(projects[0].state)
    assert records == predict_here(projects[0], name, example, tmp_path)


def predict_here(store, name, example, scratch):
    """Predict with the weights and code of the training side."""
    task, folder = Params.load(store.params).task(name), store.task_paths(name)
    network, (splits, meta) = task.network(), folder.encoded()
    weights = network.registered_weights(folder.weights, splits["test"], meta, scratch)
    model = network.load(weights, meta)
    predicted = network.predict(model, task.endpoint().parse([example], meta), meta)
    return json.loads(json.dumps(task.endpoint().respond(predicted, [example], meta)))


@pytest.fixture(scope="module")
def served(projects):
    """A project whose models are champions, however weak."""
    root = projects[0].root
    with pytest.MonkeyPatch.context() as patch:
        uri = f"sqlite:///{root / '.state' / 'mlflow' / 'mlflow.db'}"
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        patch.setenv("SEQOPS_ROOT", str(root))
        mlflow.set_tracking_uri(uri)
        for name in NAMES:
            model = registered_name(Params.load(root / "params.yaml").task(name))
            mlflow.MlflowClient().set_registered_model_alias(model, "champion", "1")
        yield Project(root)


@pytest.fixture(scope="module", params=NAMES)
def case(served, request, tmp_path_factory):
    """Ask one task's champion in every way at the same time, since most of the time goes into imports."""
    task = Params.load(served.params).task(request.param)
    folder = tmp_path_factory.mktemp(task.name)
    example = task.endpoint().example(read_json(served.task_paths(task.name).meta))
    inputs, uri = [example, f" {example}"], f"models:/{registered_name(task)}@champion"
    (folder / "in.json").write_text(json.dumps({"inputs": inputs}), "utf-8")
    files = ["-i", str(folder / "in.json"), "-o", str(folder / "out.json"), "-t", "json"]
    output_cli = start_process([*SEQOPS, "predict", task.name, "--json", *inputs])
    output_file = start_process([*MLFLOW, "predict", "-m", uri, "--env-manager", "local", *files])
    server = Server(served.root, uri, folder / "log")
    try:
        model = mlflow.pyfunc.load_model(uri)
        yield SimpleNamespace(
            uri=uri,
            inputs=inputs,
            model=model,
            answers=json.loads(json.dumps(model.predict(inputs))),
            cli=output_cli,
            file=output_file,
            out=folder / "out.json",
            server=server,
        )
    finally:
        for process in (output_cli, output_file):
            process.kill()
            process.communicate()
        server.stop()


def start_process(command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output(process):
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    return stdout


def documented():
    """Return the tracking store and the words of `mlflow models serve` on the page about serving."""
    page = (Path(__file__).parents[1] / "docs" / "serving.md").read_text("utf-8")
    store, command = re.search(
        r"^export MLFLOW_TRACKING_URI=(.*)\n(mlflow models serve .*)$", page, re.M
    ).groups()
    return store, shlex.split(command)


class Server:
    """`mlflow models serve` in the project's folder as documented, on a free port."""

    def __init__(self, root, uri, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self.log = f"http://127.0.0.1:{port}", log
        store, words = documented()
        given = {"--model-uri": uri, "--port": str(port)}
        words = [given.get(option, word) for option, word in zip(["", *words], words, strict=False)]
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=root,
                env={**os.environ, "MLFLOW_TRACKING_URI": store},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self):
        deadline = time.monotonic() + STARTUP_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.address}/ping", timeout=5)
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
            else:
                return
        raise AssertionError(self.log.read_text())

    def ask(self, request):
        """Return the status and the response body."""
        body, headers = json.dumps(request).encode(), {"Content-Type": "application/json"}
        try:
            message = urllib.request.Request(f"{self.address}/invocations", body, headers)
            with urllib.request.urlopen(message, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def test_each_input_has_its_own_answer(case):
    assert len(case.answers) == len(case.inputs) == 2


def test_seqops_predict_agrees_with_the_loaded_model(case):
    assert [json.loads(line) for line in output(case.cli).splitlines()] == case.answers


def test_mlflow_predict_from_a_file_agrees_with_the_loaded_model(case):
    output(case.file)
    assert read_json(case.out) == {"predictions": case.answers}


def test_mlflow_serves_the_model_and_explains_what_is_wrong_with_an_input(case):
    case.server.wait()
    assert case.server.ask({"inputs": case.inputs}) == (200, {"predictions": case.answers})
    with pytest.raises(DataError) as raised:
        case.model.predict([""])
    for wrong, message in (("", str(raised.value)), (3, "Expected type str")):
        status, answer = case.server.ask({"inputs": [wrong]})
        assert status == 400
        assert message in answer["message"]
        assert "stack_trace" not in answer


def test_the_model_has_a_signature_an_example_and_requirements(case):
    info = mlflow.models.get_model_info(case.uri)
    assert [str(c.type) for c in info.signature.inputs] == ["DataType.string"]
    local = mlflow.artifacts.download_artifacts(case.uri)
    model = mlflow.models.Model.load(local)
    assert model.load_input_example(local) == [case.inputs[0]]
    assert json.loads(model.get_serving_input(local)) == {"inputs": [case.inputs[0]]}
    needed = Path(mlflow.pyfunc.get_model_dependencies(case.uri)).read_text().splitlines()
    assert f"tensorflow=={importlib.metadata.version('tensorflow')}" in needed
