"""A version answers from its own process, with the code that it was registered with."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from bundles import MODEL, OTHER_MODULE, unpack_release_0_1_0, write_bundle_of_another_layout

from processes import alive
from seqops.core.errors import DataError, Refusal, RefusedInputsError, SeqopsError
from seqops.registry.environment_check import differences
from seqops.registry.version_process import CannotRunError, VersionProcess

LABEL = "version 1 of a-model"


def start(bundle, folder, timeout=60.0, other=()):
    return VersionProcess(LABEL, bundle, (folder / "stderr").open("w+b"), timeout, list(other))


def ready(bundle, folder, **options):
    process = start(bundle, folder, **options)
    process.wait_until_ready(120)
    return process


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    folder = tmp_path_factory.mktemp("version")
    process = ready(write_bundle_of_another_layout(folder), folder)
    yield process
    process.close()


def test_a_version_with_another_module_layout_answers_with_its_own_code(version):
    (answer,) = version.predict(["hello\nWorld é"])
    assert answer["echo"] == "hello\nWorld é"
    assert answer["process"] != os.getpid()
    assert [a["process"] for a in version.predict(["a", "b"])] == [answer["process"]] * 2


def test_a_version_that_does_not_tell_names_no_unknown_words(version):
    assert version.unknown_words(["hello"]) == []


def test_it_says_which_inputs_of_a_request_are_refused(version):
    with pytest.raises(RefusedInputsError, match=r"^input 1:7: unusable\. Give another\.$") as raised:
        version.predict(["refused inputs"])
    assert raised.value.refusals == [
        Refusal(0, "input 1:7: unusable. Give another.", "unusable. Give another.", 7)
    ]


def test_it_streams_and_an_unread_answer_does_not_disturb_the_next(version):
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
        ("refuse", SeqopsError, "this model refuses. Use another."),
        ("fail", SeqopsError, f"{LABEL} failed: KeyError: 'no such key'"),
        (
            "late import",
            CannotRunError,
            f"{LABEL} cannot run here: No module named 'a_module_that_is_gone'. "
            "Restore the environment it was registered in, or promote another version.",
        ),
    ],
)
def test_an_error_is_reported_and_the_version_keeps_running(version, text, kind, message):
    with pytest.raises(kind) as raised:
        version.predict([text])
    assert (type(raised.value), str(raised.value)) == (kind, message)
    assert version.predict(["next"])[0]["echo"] == "next"


def test_a_version_that_hangs_is_stopped_after_its_timeout(tmp_path):
    process = ready(write_bundle_of_another_layout(tmp_path), tmp_path, timeout=0.5)
    with pytest.raises(CannotRunError, match=r"version 1 of a-model did not answer within 0\.5 s"):
        process.predict(["hang"])
    process.close()
    assert process._process.returncode is not None


@pytest.mark.parametrize("how", ["die", "die in a line"])
def test_a_version_that_dies_is_reported_at_once(tmp_path, how):
    process = ready(write_bundle_of_another_layout(tmp_path), tmp_path, timeout=60)
    with pytest.raises(CannotRunError, match=r"ended early \(exit 3\)"):
        process.predict([how])
    with pytest.raises(CannotRunError, match="ended early"):
        process.predict(["next"])
    process.close()


@pytest.mark.parametrize(
    ("model", "other_module", "why"),
    [
        ("import a_module_that_is_gone\n" + MODEL, OTHER_MODULE, r"No module named 'a_module_that_is_gone'"),
        (MODEL, "", r"cannot import name 'echo' from 'seqops\.other_module'"),
        (MODEL, "this is no python", r"SyntaxError: invalid syntax"),
    ],
)
def test_a_version_that_cannot_be_loaded_reports_why_and_what_differs(tmp_path, model, other_module, why):
    bundle = write_bundle_of_another_layout(tmp_path, model, other_module)
    process = start(bundle, tmp_path, other=["tensorflow 1.0 (2.21.0 here)"])
    with pytest.raises(CannotRunError, match=why) as raised:
        process.wait_until_ready(120)
    process.close()
    assert str(raised.value).startswith(f"{LABEL} cannot run here: ")
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
    bundle = write_bundle_of_another_layout(tmp_path)
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
    raise AssertionError("the child outlived its parent")


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
    bundle, scratch = write_bundle_of_another_layout(tmp_path), tmp_path / "scratch"
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
def version_0_1_0(tmp_path_factory):
    """The version that release 0.1.0 registered, before the package had its current layout."""
    folder = tmp_path_factory.mktemp("release")
    bundle = unpack_release_0_1_0(folder)
    process = ready(bundle.path, folder)
    yield bundle, process
    process.close()


def test_a_version_of_release_0_1_0_predicts_and_streams_as_it_did(version_0_1_0):
    bundle, process = version_0_1_0
    assert process.predict([bundle.example]) == bundle.records
    assert list(process.stream(f'{{"prompt": "{bundle.prompt}", "seed": 7}}')) == bundle.pieces


def test_a_version_of_release_0_1_0_is_scored_again(version_0_1_0):
    bundle, process = version_0_1_0
    found = process.predict_split(bundle.table, np.array(bundle.split))
    assert np.allclose(found["nats"], bundle.nats, rtol=1e-4)


def test_a_version_of_release_0_1_0_returns_its_drift_features(version_0_1_0):
    bundle, process = version_0_1_0
    table = pd.read_parquet(bundle.table)
    found = process.drift_features(table, np.array(bundle.split) == "train")
    assert {name: len(column) for name, column in found.items()} == bundle.watched
    everything = process.drift_features(table, np.ones(len(table), np.bool_))
    assert np.allclose(everything["score (nats)"].values, bundle.scores, rtol=1e-4)
    assert process.drift_score(table, np.ones(len(table), np.bool_)) is None


def test_a_setting_unknown_to_release_0_1_0_is_refused_with_its_message(version_0_1_0):
    with pytest.raises(DataError, match="input 1: there is no setting 'sed'"):
        version_0_1_0[1].predict(['{"prompt": "x", "sed": 3}'])


def test_a_different_environment_is_reported(tmp_path):
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


def test_another_patch_release_of_python_is_not_reported(tmp_path):
    major, minor = sys.version_info[:2]
    (tmp_path / "python_env.yaml").write_text(f"python: {major}.{minor}.99\n")
    (tmp_path / "requirements.txt").write_text(f"numpy=={np.__version__}\n")
    assert differences(tmp_path) == []


def test_a_bundle_without_requirements_is_not_reported(tmp_path):
    assert differences(tmp_path) == []
