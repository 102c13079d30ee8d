"""A version answers from a process of its own, by the code that it was registered with."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from bundles import ELSEWHERE, MODEL, former, of_another_layout

from processes import alive
from seqops.core.errors import DataError, SeqopsError
from seqops.registry.environment_check import differences
from seqops.registry.version_process import CannotRunError, VersionProcess

CALLED = "version 1 of a-model"


def started(bundle, folder, silence=60.0, other=()):
    return VersionProcess(CALLED, bundle, (folder / "stderr").open("w+b"), silence, list(other))


def ready(bundle, folder, **options):
    process = started(bundle, folder, **options)
    process.wait_until_ready(120)
    return process


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    folder = tmp_path_factory.mktemp("version")
    process = ready(of_another_layout(folder), folder)
    yield process
    process.close()


def test_a_version_of_another_module_layout_answers_by_its_own_code(version):
    (answer,) = version.predict(["hello\nWorld é"])
    assert answer["echo"] == "hello\nWorld é"
    assert answer["process"] != os.getpid()
    assert [a["process"] for a in version.predict(["a", "b"])] == [answer["process"]] * 2


def test_it_streams_and_an_answer_left_unread_does_not_disturb_the_next(version):
    assert list(version.stream("abc")) == ["a", "b", "c"]
    assert next(version.stream("xyz")) == "x"
    assert version.predict(["next"])[0]["echo"] == "next"


def test_it_predicts_the_test_rows_of_a_table(version, tmp_path):
    table = pd.DataFrame({"text": ["a", "b", "c"], "n": [1, 2, 3]})
    table.to_parquet(tmp_path / "table.parquet")
    found = version.predict_split(tmp_path / "table.parquet", np.array(["train", "test", "test"]))
    assert found["text"].to_list() == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("unusable", DataError, "input 1: unusable. Give another."),
        ("refuse", SeqopsError, "this model refuses. Ask another."),
        ("fail", SeqopsError, f"{CALLED} failed: KeyError: 'no such key'"),
        (
            "late import",
            CannotRunError,
            f"{CALLED} cannot run here: No module named 'a_module_that_is_gone'. "
            "Restore the environment it was registered in, or promote another version.",
        ),
    ],
)
def test_what_goes_wrong_is_reported_in_words_and_the_version_goes_on(version, text, kind, message):
    with pytest.raises(kind) as raised:
        version.predict([text])
    assert (type(raised.value), str(raised.value)) == (kind, message)
    assert version.predict(["next"])[0]["echo"] == "next"


def test_a_version_that_hangs_is_given_up_after_its_time(tmp_path):
    process = ready(of_another_layout(tmp_path), tmp_path, silence=0.5)
    with pytest.raises(CannotRunError, match=r"version 1 of a-model did not answer within 0\.5 s"):
        process.predict(["hang"])
    process.close()
    assert process._process.returncode is not None


def test_a_version_that_dies_is_reported(tmp_path):
    process = ready(of_another_layout(tmp_path), tmp_path)
    with pytest.raises(CannotRunError, match=r"ended early \(exit 3\)"):
        process.predict(["die"])
    with pytest.raises(CannotRunError, match="ended early"):
        process.predict(["next"])
    process.close()


@pytest.mark.parametrize(
    ("model", "elsewhere", "why"),
    [
        ("import a_module_that_is_gone\n" + MODEL, ELSEWHERE, r"No module named 'a_module_that_is_gone'"),
        (MODEL, "", r"cannot import name 'echo' from 'seqops\.elsewhere'"),
        (MODEL, "this is no python", r"SyntaxError: invalid syntax"),
    ],
)
def test_a_version_that_cannot_be_loaded_says_why_and_what_differs(tmp_path, model, elsewhere, why):
    bundle = of_another_layout(tmp_path, model, elsewhere)
    process = started(bundle, tmp_path, other=["tensorflow 1.0 (2.21.0 here)"])
    with pytest.raises(CannotRunError, match=why) as raised:
        process.wait_until_ready(120)
    process.close()
    assert str(raised.value).startswith(f"{CALLED} cannot run here: ")
    assert "It was registered with tensorflow 1.0 (2.21.0 here)." in str(raised.value)
    assert "tracking store" not in str(raised.value)


PARENT = """
import sys
from pathlib import Path
from seqops.registry.version_process import VersionProcess
process = VersionProcess("a version", Path(sys.argv[1]), open(sys.argv[2], "w+b"), 60.0, [])
process.wait_until_ready(120)
print(process.predict(["x"])[0]["process"], flush=True)
if sys.argv[3] == "busy":
    process.predict(["hang"])
input()
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_a_version_dies_with_its_parent(tmp_path, state):
    bundle = of_another_layout(tmp_path)
    command = [sys.executable, "-c", PARENT, str(bundle), str(tmp_path / "stderr"), state]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(300):
        if not alive(child):
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    raise AssertionError("it outlived its parent")


RUNNING = """
import shutil, sys
from pathlib import Path
from types import SimpleNamespace
from seqops.registry import version_process

def copied(client, version, scratch):
    return Path(shutil.copytree(sys.argv[1], scratch / "bundle"))

version_process.verified_copy = copied
version_process.differences = lambda bundle: []
with version_process.running(None, SimpleNamespace(name="a-model", version="1")) as process:
    print(process.predict(["x"])[0]["process"], flush=True)
    process.predict(["hang"])
"""


def test_sigterm_removes_the_copy_of_the_bundle_and_ends_the_version(tmp_path):
    bundle, scratch = of_another_layout(tmp_path), tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-c", RUNNING, str(bundle)]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    child = int(parent.stdout.readline())
    assert list(scratch.rglob("bundle"))
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(60) == 143
    assert not list(scratch.rglob("bundle"))
    assert not alive(child)


@pytest.fixture(scope="module")
def former_version(tmp_path_factory):
    """The version that release 0.1.0 registered, before the package had its present layout."""
    folder = tmp_path_factory.mktemp("former")
    bundle = former(folder)
    process = ready(bundle.path, folder)
    yield bundle, process
    process.close()


def test_a_version_of_a_former_release_predicts_and_streams_as_it_did(former_version):
    bundle, process = former_version
    assert process.predict([bundle.example]) == bundle.records
    assert list(process.stream(f'{{"prompt": "{bundle.prompt}", "seed": 7}}')) == bundle.pieces


def test_a_version_of_a_former_release_is_scored_again(former_version):
    bundle, process = former_version
    found = process.predict_split(bundle.table, np.array(bundle.split))
    assert np.allclose(found["nats"], bundle.nats, rtol=1e-4)


def test_a_version_of_a_former_release_tells_what_is_watched_for_drift(former_version):
    bundle, process = former_version
    table = pd.read_parquet(bundle.table)
    found = process.drift_features(table, np.array(bundle.split) == "train")
    assert {name: len(column) for name, column in found.items()} == bundle.watched
    everything = process.drift_features(table, np.ones(len(table), np.bool_))
    assert np.allclose(everything["score (nats)"].values, bundle.scores, rtol=1e-4)


def test_a_setting_that_a_former_release_refuses_is_refused_in_its_words(former_version):
    with pytest.raises(DataError, match="input 1: there is no setting 'sed'"):
        former_version[1].predict(['{"prompt": "x", "sed": 3}'])


def test_an_environment_that_differs_is_told(tmp_path):
    (tmp_path / "python_env.yaml").write_text("python: 2.7.18\n")
    (tmp_path / "requirements.txt").write_text(
        f"# a comment\n\nnumpy==1.0\nno-such-package==3.1\n--pre\npandas=={pd.__version__}\n"
    )
    here = sys.version.split()[0]
    assert differences(tmp_path) == [
        f"python 2.7.18 ({here} here)",
        f"numpy 1.0 ({np.__version__} here)",
        "no-such-package 3.1 (not installed)",
    ]


def test_the_same_environment_and_another_patch_release_of_python_do_not_differ(tmp_path):
    major, minor = sys.version_info[:2]
    (tmp_path / "python_env.yaml").write_text(f"python: {major}.{minor}.99\n")
    (tmp_path / "requirements.txt").write_text(f"numpy=={np.__version__}\n")
    assert differences(tmp_path) == []


def test_a_bundle_that_says_nothing_of_its_environment_does_not_differ(tmp_path):
    assert differences(tmp_path) == []
