"""Commands at the same time, and signals to DVC while a stage runs: what DVC records is what was made."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

PARAMS = "evaluation: {}\nregistry: {}\ntasks:\n  letters:\n    source: sample\n    model: {units: 1}\n"
PIPELINE = f"""
stages:
  write:
    cmd: {sys.executable} write.py letters
    params: [tasks.letters.model]
    deps: [write.py]
    outs: [data/letters/units]
"""
STAGE = """
import time
from pathlib import Path
from seqops.core.yaml_file import Document
from seqops.runtime.console import run_stage

def write(name):
    units = Document.load(Path("params.yaml")).content["tasks"][name]["model"]["units"]
    Path("started").touch()
    while not Path("go").exists():
        time.sleep(0.02)
    Path("data/letters/units").write_text(str(units))

run_stage(write)
"""


@pytest.fixture
def root(tmp_path):
    """A project of one stage, which waits for the file `go`; its path has spaces and letters beyond ASCII."""
    root = tmp_path / "Übung 日本 1"
    (root / "data" / "letters").mkdir(parents=True)
    for name, text in (("params.yaml", PARAMS), ("dvc.yaml", PIPELINE), ("write.py", STAGE)):
        (root / name).write_text(text, "utf-8")
    assert dvc(root, "init", "--no-scm").wait() == 0
    return root


def dvc(root, *words):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    command = [sys.executable, "-m", "dvc", *words]
    return subprocess.Popen(command, cwd=root, start_new_session=True, **pipes)


def ended(process):
    output, _ = process.communicate()
    return process.returncode, " ".join(output.split())


def started(root):
    """Start `dvc repro`, and wait until its stage runs; return the process of DVC."""
    process = dvc(root, "repro")
    while not (root / "started").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


def set_units(root, units):
    (root / "params.yaml").write_text(PARAMS.replace("units: 1", f"units: {units}"))


def check_recorded(root, units):
    """Check that another `dvc repro` has made the output of the present params, and that DVC knows it."""
    (root / "go").touch()
    code, output = ended(dvc(root, "repro"))
    assert code == 0, output
    assert (root / "data" / "letters" / "units").read_text() == str(units)
    assert "up to date" in ended(dvc(root, "status"))[1]
    assert not [path for path in (root / "data" / "letters").iterdir() if path.name[1].isdigit()]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_stage_that_outlives_its_dvc_does_not_overwrite_what_is_recorded_later(root, sent, figures):
    first = started(root)
    first.send_signal(sent)
    first.wait()
    set_units(root, 2)
    code, output = ended(dvc(root, "repro"))
    assert code != 0
    assert "a stage of letters is already running (process" in output
    (root / "go").touch()
    # the pipe closes when the stage has ended
    assert "tasks.letters.model of params.yaml changed while this stage ran" in ended(first)[1]
    check_recorded(root, 2)
    figures("signals", f"{sent.name} to dvc", tried=1, withstood=1)


# the shell that runs the stage dies of a Ctrl-C itself, unless it is bash, which gives way to the stage
@pytest.mark.parametrize(("sent", "codes"), [(signal.SIGINT, "130|-2"), (signal.SIGTERM, "143")])
def test_a_stage_that_is_told_to_end_says_how_to_go_on(root, sent, codes, figures):
    first = started(root)
    if sent == signal.SIGINT:
        os.killpg(first.pid, sent)  # as a Ctrl-C at the terminal
    else:
        os.kill(stage_of(root), sent)
    _, output = ended(first)
    assert "Stopped. Finished work is kept; run the same command again to resume." in output
    assert re.search(rf"exited with ({codes})$", output)
    check_recorded(root, 1)
    figures("signals", f"{sent.name} to a stage", tried=1, withstood=1)


def stage_of(root):
    return int((root / ".state" / "stages" / "letters.lock").read_text())


def test_a_second_dvc_repro_names_the_first_and_changes_nothing(root, figures):
    first = started(root)
    code, output = ended(dvc(root, "repro"))
    assert code != 0
    assert f"it is being blocked by: (PID {first.pid})" in output
    (root / "go").touch()
    assert ended(first)[0] == 0
    check_recorded(root, 1)
    figures("signals", "two dvc repro", tried=1, withstood=1)


def test_params_that_change_while_a_stage_runs_are_not_recorded_with_its_outputs(root, figures):
    first = started(root)
    set_units(root, 2)
    (root / "go").touch()
    code, output = ended(first)
    assert code != 0
    assert "tasks.letters.model of params.yaml changed while this stage ran" in output
    check_recorded(root, 2)
    figures("signals", "params edited", tried=1, withstood=1)
