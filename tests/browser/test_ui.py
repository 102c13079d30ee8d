"""The MLflow UI as a user sees it: runs with distinct names, curves, and the model card."""

import dataclasses
import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import SimpleNamespace
from urllib.parse import quote

import matplotlib.image
import numpy as np
import pytest

from chromium import render
from seqops.core.callbacks import EpochResult
from seqops.core.files import sha256_of
from seqops.registry import publish
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint
from toy_registry import BETTER, GOOD, create_toy_registry, stub_bundle

pytestmark = pytest.mark.browser
STARTUP_SECONDS = 180  # seconds that a busy machine may need to start the server
TRIES = 4


def fit(toy, units, correct):
    """Record a training run without training, and publish its model."""
    section = {**toy.task.section, "model": {"units": units, "dropout": 0.3}}
    toy.task = dataclasses.replace(toy.task, section=section)
    toy.write(correct)
    with mlflow_runs.open_training_run(
        toy.project, toy.task, Fingerprint.compute(toy.project, toy.task)
    ) as run:
        for epoch in range(4):
            run.on_epoch_end(EpochResult(epoch + 1, 1 / (1 + epoch), 0.01, 0.5 + epoch / 10), 1.0, 100)
        run.set_tags({"seqops.model_sha256": sha256_of(toy.folder.weights)})
    return toy.publish()


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A toy registry with two runs and two versions, the second champion."""
    root = tmp_path_factory.mktemp("project")
    for name in ("params.yaml", "dvc.yaml"):
        (root / name).write_text("tasks: {}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(publish, "log_bundle", stub_bundle)
        toy = create_toy_registry(root, "toy")
        decisions = [fit(toy, 8, GOOD), fit(toy, 16, BETTER)]
    assert [d.action for d in decisions] == ["promoted", "promoted"]
    return toy


@pytest.fixture(scope="module")
def ui(toy, tmp_path_factory):
    """`seqops ui` on a free port; `see` returns text and screenshot of a page that has the expected text."""
    folder = tmp_path_factory.mktemp("pictures")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-c", "from seqops.cli import app; app()", "ui", "--port", str(port)]
    server = subprocess.Popen(
        command,
        env={**environment, "SEQOPS_ROOT": str(toy.project.root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def see(name, page, expected):
        picture = folder / f"{name}.png"
        # on a busy machine a page may still be loading; the second visit finds its parts in the cache
        for _ in range(TRIES):
            text = plain(render(f"http://127.0.0.1:{port}/#/{page}", picture, folder / "profile"))
            if expected in text:
                break
        return SimpleNamespace(text=text, picture=matplotlib.image.imread(picture))

    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield see
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def wait_for(url, server):
    deadline = time.monotonic() + STARTUP_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5)
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"{url} did not answer; exit status {server.poll()}")


def plain(page):
    """Return the text of a page."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def assert_not_blank(picture):
    """A blank page has one colour; one with text and lines has many."""
    colours = np.unique(picture.reshape(-1, picture.shape[-1]), axis=0)
    assert len(colours) > 100


def experiment(toy):
    return toy.client.get_experiment_by_name("toy").experiment_id


def test_the_table_of_runs_shows_what_differs(toy, ui):
    page = ui("runs", f"experiments/{experiment(toy)}/runs", "2 matching runs")
    assert "2 matching runs" in page.text
    assert "sample: units 8->16" in page.text
    assert_not_blank(page.picture)


def test_runs_can_be_compared_by_their_curves_and_scores(toy, ui):
    charts = f"experiments/{experiment(toy)}/runs?compareRunsMode=CHART"
    page = ui("charts", charts, "baseline/always even.accuracy")
    assert "baseline/always even.accuracy" in page.text
    assert "sample: units 8->16" in page.text
    assert_not_blank(page.picture)


def comparison(ids, experiment):
    """Return the address of MLflow's page that compares runs."""
    lists = (quote(json.dumps(values)) for values in (ids, [experiment]))
    return "compare-runs?runs={}&experiments={}".format(*lists)


def test_two_runs_are_compared_by_their_params_and_scores(toy, ui):
    ids = [toy.client.get_model_version("toy", version).run_id for version in "12"]
    page = ui("two", comparison(ids, experiment(toy)), "baseline/always even.accuracy")
    assert "Comparing 2 Runs" in page.text
    assert re.search(r"model\.units (8 16|16 8)", page.text)
    assert "test/accuracy" in page.text
    assert_not_blank(page.picture)


def test_thirty_runs_are_compared_on_one_page(toy, ui):
    """The runs have what a training run has: a name, settings and the score of the goal."""
    many = toy.client.create_experiment("thirty")
    ids = []
    for units in range(30):
        run = toy.client.create_run(many, run_name=f"sample: units {units}")
        toy.client.log_param(run.info.run_id, "model.units", units)
        toy.client.log_metric(run.info.run_id, "test/accuracy", units / 30)
        ids.append(run.info.run_id)
    page = ui("thirty", comparison(ids, many), "test/accuracy")
    assert "Comparing 30 Runs" in page.text
    assert all(f"sample: units {units}" in page.text for units in range(30))
    assert_not_blank(page.picture)


def test_a_run_shows_its_params_and_scores(toy, ui):
    run = toy.client.get_model_version("toy", "2").run_id
    page = ui("run", f"experiments/{experiment(toy)}/runs/{run}", "test/accuracy")
    for words in ("test/accuracy", "validation/goal", "train/loss", "model.units 16", "seqops.kind"):
        assert words in page.text
    assert_not_blank(page.picture)


def test_a_version_shows_its_alias_and_its_card(toy, ui):
    page = ui("version", "models/toy/versions/2", "Intended use.")
    for words in (
        "@ challenger",
        "@ champion",
        "Intended use.",
        toy.task.endpoint().intended_use,
        "Limits.",
    ):
        assert words in page.text
    assert "always even trivial 0.5" in page.text
    assert_not_blank(page.picture)


def test_the_model_lists_its_versions_and_their_aliases(toy, ui):
    page = ui("model", "models/toy", "Version 2")
    assert re.search(r"Version 2 .*@ champion.*Version 1 ", page.text)
    assert_not_blank(page.picture)
