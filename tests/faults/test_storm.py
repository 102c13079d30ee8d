"""Commands that are ended while they run at once: nothing is left of them, and run again they complete."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from ruamel.yaml import YAML
from small_project import restore

from tuning_project import HELD_OUT

ROUNDS, IN_A_ROW = 6, 3
PATIENCE = 300.0
"""Seconds after the last signal in which everything that the commands have started must have ended: a stage
whose `dvc` alone was killed goes on to its end."""
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
MARK = "SEQOPS_STORM"
SMALL = {
    "labelling": {
        "data": {"sequences": 90, "test": 0.3, "validation": 0.2},
        "model": {"kind": "gru", "direction": "forward", "units": 4, "dropout": 0.3},
        "fit": {"epochs": 30, "patience": 30, "batch_size": 8},
    },
    "images": {"model": {"units": 4, "hidden": 8}, "fit": {"epochs": 3}},
    "sentiment": {
        "data": {"reviews": 700},
        "model": {"kind": "embedding", "embedding": 4},
        "fit": {"epochs": 3},
    },
    "forecast": {
        "data": HELD_OUT,
        "model": {"kind": "dense", "ensemble_size": 1, "units": 4, "output_steps": 1},
        "fit": {"epochs": 4, "patience": 4, "learning_rate": 0.0005},
    },
}
SEQOPS, DVC = ([sys.executable, "-m", name] for name in ("seqops", "dvc"))
WORK = {
    # first, because it deletes the list of files in use that a killed DVC may leave cut; DVC does not
    "run": [*SEQOPS, "run", "images"],
    "dvc repro": [*DVC, "repro", "evaluate@labelling"],
    "retrain": [*SEQOPS, "retrain", "sentiment", "--when", "always"],
    "tune": [*SEQOPS, "tune", "forecast", "--trials", "4", "--jobs", "2"],
}
READERS = {
    "predict": [*SEQOPS, "predict", "labelling", "101", "--alias", "challenger"],
    "compare": [*SEQOPS, "compare", "labelling"],
    "doctor": [*SEQOPS, "doctor"],
}
REPRODUCED = [f"evaluate@{name}" for name in ("labelling", "images", "sentiment")]
EXPECTED = {"retrain": {0, 10, 11}}
"""Exit codes of commands that nobody disturbs; of the others: 0."""


def start(root, words, log):
    # a shell starts what runs in the background with SIGINT ignored, and so do its children
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    with Path(log).open("ab") as output:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        return subprocess.Popen(
            words, cwd=root, env={**environment, MARK: str(root)}, start_new_session=True, **pipes
        )


def run(root, name, words):
    """Run a command undisturbed, and check how it ends."""
    log = root.parent / "output.log"
    log.unlink(missing_ok=True)
    code = start(root, words, log).wait()
    output = log.read_text("utf-8", "replace")
    assert code in EXPECTED.get(name, {0}), f"{name}: {code}\n{output}"
    assert "Traceback" not in output, output
    return output


def left(root):
    """Return the processes that were started in the project and still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(root) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Reader(threading.Thread):
    """Runs the commands that only read, one after the other, until it is told to end."""

    def __init__(self, root, log):
        super().__init__()
        self.root, self.log, self.ended, self.codes = root, log, threading.Event(), []

    def run(self):
        while not self.ended.is_set():
            for name, words in READERS.items():
                self.codes.append((name, start(self.root, words, self.log).wait()))


def disturb(root, rng, seconds):
    """Run all commands at once, and end each by a signal at a random moment; count the signals.

    seconds: that each command takes undisturbed.
    """
    port = free_port()
    commands = {**WORK, "ui": [*SEQOPS, "ui", "--port", str(port)]}
    logs = {name: root.parent / f"{name}.log" for name in [*commands, "readers"]}
    for log in logs.values():
        log.unlink(missing_ok=True)
    begun = time.monotonic()
    running = {name: start(root, words, logs[name]) for name, words in commands.items()}
    reader = Reader(root, logs["readers"])
    reader.start()
    sent = Counter()
    longest = max(seconds.values())
    for moment, name in sorted((rng.uniform(0, seconds.get(name, longest)), name) for name in commands):
        time.sleep(max(0.0, begun + moment - time.monotonic()))
        by, process = rng.choice(SIGNALS), running[name]
        if process.poll() is not None:
            sent["came too late"] += 1
        elif by == signal.SIGINT:
            os.killpg(process.pid, by)  # as a Ctrl-C at the terminal
            sent[by.name] += 1
        else:
            process.send_signal(by)
            sent[by.name] += 1
    reader.ended.set()
    reader.join()
    deadline = time.monotonic() + PATIENCE
    while (processes := left(root)) and time.monotonic() < deadline:
        time.sleep(0.1)
    output = {name: log.read_text("utf-8", "replace") for name, log in logs.items()}
    for name, text in output.items():
        # a Ctrl-C while a stage still imports ends it in Python's own way
        assert text.count("Traceback") == text.splitlines().count("KeyboardInterrupt"), f"{name}:\n{text}"
    assert not processes, [process.cmdline() for process in processes]
    assert {code for _, code in reader.codes} == {0}, f"{reader.codes}\n{output['readers']}"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    return sent


def recorded(root):
    """Return the hashes of what DVC has recorded of the tasks whose params no command writes."""
    stages = YAML(typ="safe").load(root / "dvc.lock")["stages"]
    return {
        (name, out["path"]): out["md5"]
        for name, stage in stages.items()
        for out in stage.get("outs", [])
        if not name.endswith("forecast")
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project by `seqops init`: labelling has a version, and is to be trained with another seed."""
    root = tmp_path_factory.mktemp("storm") / "project"
    subprocess.run([*SEQOPS, "init", "--no-git", str(root)], check=True, capture_output=True)
    yaml, path = YAML(), root / "params.yaml"
    document = yaml.load(path)
    document["evaluation"].update(resamples=50)
    document["tuning"].update(startup_trials=2, finalists=1, finalist_seeds=3, pruner="none")
    for name in [name for name in document["tasks"] if name not in SMALL]:
        del document["tasks"][name]
    for name, sections in SMALL.items():
        for section, values in sections.items():
            document["tasks"][name][section].update(values)
    document["tasks"]["labelling"]["fit"]["seed"] = 1
    yaml.dump(document, path)
    run(root, "run", [*SEQOPS, "run", "labelling"])
    document["tasks"]["labelling"]["fit"]["seed"] = 0
    yaml.dump(document, path)
    shutil.copytree(root, root.parent / "before")
    return root


def complete(root):
    """Run every command to its end, then those that only read; return what DVC has recorded, and seconds."""
    seconds = {}
    for name, words in [*WORK.items(), *READERS.items()]:
        begun = time.monotonic()
        output = run(root, name, words)
        if name in WORK:
            seconds[name] = time.monotonic() - begun
        assert name != "doctor" or "problem" not in output, output
    assert "up to date" in run(root, "status", [*DVC, "status", *REPRODUCED])
    return recorded(root), seconds


@pytest.mark.skipif(
    float(os.environ.get("SEQOPS_FAULTS_SHARE", "1")) < 1, reason="a quarter of an hour: `make test-faults`"
)
def test_commands_that_are_ended_while_they_run_together_end_later_as_if_never_disturbed(project, figures):
    undisturbed, seconds = complete(project)
    rng, rounds, sent = random.Random("storm"), ROUNDS, Counter()
    while rounds:
        restore(project.parent / "before", project)
        for _ in range(min(IN_A_ROW, rounds)):
            sent += disturb(project, rng, seconds)
            rounds -= 1
        assert complete(project)[0] == undisturbed
    for name, count in sent.items():
        figures("signals to commands at once", name, tried=count, withstood=count)
