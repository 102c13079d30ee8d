"""What a person sees in the MLflow UI: runs told apart by their names, curves, and the model's card."""

import dataclasses
import html
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

import matplotlib.image
import numpy as np
import pytest

from chromium import drawn
from realm import BETTER, GOOD, founded, stub_bundle
from seqops.core.callbacks import EpochResult
from seqops.core.files import sha256_of
from seqops.registry import publish
from seqops.tracking import mlflow_runs
from seqops.tracking.fingerprint import Fingerprint

pytestmark = pytest.mark.browser
UP = 180  # seconds that a busy machine may take to start the server
TRIES = 4


def fit(realm, units, right):
    """Train, as far as the tracking store can tell, and publish."""
    section = {**realm.task.section, "model": {"units": units, "dropout": 0.3}}
    realm.task = dataclasses.replace(realm.task, section=section)
    realm.write(right)
    with mlflow_runs.open_training_run(
        realm.store, realm.task, Fingerprint.compute(realm.store, realm.task)
    ) as run:
        for epoch in range(4):
            run.on_epoch_end(EpochResult(epoch, 1 / (1 + epoch), 0.01, 0.5 + epoch / 10), 1.0, 100)
        run.set_tags({"seqops.model_sha256": sha256_of(realm.folder.weights)})
    return realm.publish()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A toy with two runs and two versions, the second champion."""
    root = tmp_path_factory.mktemp("project")
    for name in ("params.yaml", "dvc.yaml"):
        (root / name).write_text("tasks: {}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(publish, "log_bundle", stub_bundle)
        realm = founded(root, "toy")
        decisions = [fit(realm, 8, GOOD), fit(realm, 16, BETTER)]
    assert [d.action for d in decisions] == ["promoted", "promoted"]
    return realm


@pytest.fixture(scope="module")
def ui(project, tmp_path_factory):
    """`seqops ui` on a free port; `see` returns the text and picture of a page that has what is awaited."""
    folder = tmp_path_factory.mktemp("pictures")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-c", "from seqops.cli import app; app()", "ui", "--port", str(port)]
    server = subprocess.Popen(
        command,
        env={**environment, "SEQOPS_ROOT": str(project.store.root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def see(name, page, awaited):
        picture = folder / f"{name}.png"
        # on a busy machine a page may still be loading; the second visit finds its parts in the cache
        for _ in range(TRIES):
            text = plain(drawn(f"http://127.0.0.1:{port}/#/{page}", picture, folder / "profile"))
            if awaited in text:
                break
        return SimpleNamespace(text=text, picture=matplotlib.image.imread(picture))

    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield see
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def wait_for(url, server):
    deadline = time.monotonic() + UP
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5)
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"{url} did not answer; exit status {server.poll()}")


def plain(page):
    """Return the words of a page."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def assert_drawn(picture):
    """A blank page has one colour; one with text and lines has many."""
    colours = np.unique(picture.reshape(-1, picture.shape[-1]), axis=0)
    assert len(colours) > 100


def experiment(project):
    return project.client.get_experiment_by_name("toy").experiment_id


def test_the_table_of_runs_tells_them_apart_by_what_differs(project, ui):
    page = ui("runs", f"experiments/{experiment(project)}/runs", "2 matching runs")
    assert "2 matching runs" in page.text
    assert "sample: units 8->16" in page.text
    assert_drawn(page.picture)


def test_the_runs_compare_by_their_curves_and_scores(project, ui):
    charts = f"experiments/{experiment(project)}/runs?compareRunsMode=CHART"
    page = ui("charts", charts, "baseline/always even.accuracy")
    assert "baseline/always even.accuracy" in page.text
    assert "sample: units 8->16" in page.text
    assert_drawn(page.picture)


def test_a_run_shows_its_params_and_scores(project, ui):
    run = project.client.get_model_version("toy", "2").run_id
    page = ui("run", f"experiments/{experiment(project)}/runs/{run}", "test/accuracy")
    for words in ("test/accuracy", "validation/goal", "train/loss", "model.units 16", "seqops.kind"):
        assert words in page.text
    assert_drawn(page.picture)


def test_a_version_shows_its_alias_and_its_card(project, ui):
    page = ui("version", "models/toy/versions/2", "Intended use.")
    for words in (
        "@ challenger",
        "@ champion",
        "Intended use.",
        project.task.endpoint().intended_use,
        "Limits.",
    ):
        assert words in page.text
    assert "always even trivial 0.5" in page.text
    assert_drawn(page.picture)


def test_the_model_lists_its_versions_and_who_holds_an_alias(project, ui):
    page = ui("model", "models/toy", "Version 2")
    assert re.search(r"Version 2 .*@ champion.*Version 1 ", page.text)
    assert_drawn(page.picture)
