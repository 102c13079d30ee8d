"""Bad input from the user: one clear message, a non-zero exit code, no traceback, nothing lost."""

import errno
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime import console
from seqops.runtime.console import exit_on_error
from seqops.sources.fetch import MIRROR

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")
BEFORE = b"earlier content"


def stage(name, function):
    """Load a script of pipelines/, which is not a package."""
    spec = importlib.util.spec_from_file_location(f"pipeline_{name}", ROOT / "pipelines" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, function)


download, validate = stage("download", "download"), stage("validate", "validate")
preprocess = stage("preprocess", "preprocess")


class Checkout:
    """A checkout with a changed source of one task, and artefacts of an earlier run."""

    def __init__(self, root, capsys):
        self.root, self.capsys, self.paths = root, capsys, Project(root)

    def change(self, path, value):
        """Set a key of params.yaml by its dotted path."""
        yaml = YAML()
        document = yaml.load(self.paths.params)
        *parents, last = path.split(".")
        section = document
        for key in parents:
            section = section[key]
        section[last] = value
        yaml.dump(document, self.paths.params)

    def use(self, task, content, name="mine.txt"):
        """Make a user's file the source of a task."""
        (self.root / name).write_bytes(content)
        self.change(f"tasks.{task}.source", name)

    def write_earlier(self, path):
        """Write an artefact of an earlier run."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BEFORE)
        return path

    def run(self, task, *stages):
        """Run stages as their scripts do; return the exit code and the output."""
        self.capsys.readouterr()
        try:
            with exit_on_error():
                for each in stages:
                    each(task)
            code = 0
        except SystemExit as stopped:
            code = stopped.code
        output = self.capsys.readouterr()
        return code, re.sub(r"\s+", " ", output.err + output.out)


@pytest.fixture
def project(tmp_path, capsys, monkeypatch):
    for name in ("params.yaml", "dvc.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "catalog.yaml", tmp_path / "data" / "catalog.yaml")
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.delenv(MIRROR, raising=False)
    # a wide console, so that no row of a table is wrapped
    monkeypatch.setattr(console.err, "width", 300)
    return Checkout(tmp_path, capsys)


@cache
def sample(task):
    """Return the start of a task's sample, whole sentences, with LF line endings."""
    [content] = PARAMS.task(task).data.sample().values()
    content = content.replace(b"\r\n", b"\n")
    end = content.find(b"\n\n", 60_000)
    return content[: end + 2] if end > 0 else content


def line(content, number):
    return content.splitlines(keepends=True)[number - 1]


def without_line(content, number):
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: number - 1] + lines[number:])


def with_line(content, number, change):
    lines = content.splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    return b"".join(lines)


def doubled(content, number):
    return with_line(content, number, lambda old: old + old)


def swapped(content, number):
    lines = content.splitlines(keepends=True)
    lines[number - 1], lines[number] = lines[number], lines[number - 1]
    return b"".join(lines)


def figure(cell):
    return lambda content: with_line(content, 5, lambda old: old.rpartition(b",")[0] + b"," + cell + b"\n")


def first_token(change):
    """Change the first token line of a KLP file, which is line 3."""
    return lambda content: with_line(content, 3, lambda old: b"\t".join(change(old.split(b"\t"))))


def sentence(tokens):
    """Write one KLP sentence of this many tokens."""
    rows = b"".join(b"%d\tx\tNNG\tO\n" % (i + 1) for i in range(tokens))
    text = b" ".join([b"x"] * tokens)
    return b"; " + text + b"\n$" + text + b"\n" + rows + b"\n"


WRONG = {
    "forecast": {
        "empty": (lambda c: b"", r"mine\.txt: .*no data"),
        "blank lines only": (lambda c: b"\n\n \n", r"mine\.txt: .*no data"),
        "header only": (lambda c: line(c, 1), r"mine\.txt: .*no data"),
        "truncated": (lambda c: c[: c.rstrip().rfind(b",")], r"mine\.txt:145: "),
        "wrongly encoded": (lambda c: with_line(c, 4, lambda o: b"\xe9" + o), r"mine\.txt:4: .*UTF-8"),
        "utf-16": (lambda c: c.decode().encode("utf-16"), r"mine\.txt:1: .*UTF-8"),
        "binary": (lambda c: c + b"\0\0", r"mine\.txt: .*NUL"),
        "mis-tabbed": (lambda c: with_line(c, 7, lambda o: b"x," + o), r"mine\.txt:7: 3 cells .* 2"),
        "words for numbers": (figure(b"many"), r"mine\.txt:5: .*many"),
        "no date": (lambda c: with_line(c, 6, lambda o: b"soon" + o[o.index(b",") :]), r":6: .*soon"),
        "NaN": (figure(b"NaN"), r"no value is missing .*line 5"),
        "infinite": (figure(b"inf"), r"mine\.txt:5: .*inf"),
        "negative": (figure(b"-5"), r"line 5: smallest -5"),
        "duplicated rows": (lambda c: doubled(c, 9), r"dates are unique .*line 9.*line 10"),
        "out of order rows": (lambda c: swapped(c, 9), r"dates are in ascending order .*line 10"),
        "gapped rows": (lambda c: without_line(c, 9), r"no period is missing .*line 9"),
        "shorter than a window": (lambda c: b"".join(c.splitlines(True)[:20]), r"mine: 19 rows are fewer"),
    },
    "ner": {
        "empty": (lambda c: b"", r"mine\.txt: "),
        "blank lines only": (lambda c: b"\n\n \n", r"mine\.txt: "),
        "truncated": (lambda c: line(c, 1) + line(c, 2) + line(c, 3)[:3], r"mine\.txt:3: "),
        "truncated before the rows": (lambda c: line(c, 1), r"mine\.txt:1: .*no tokens"),
        "wrongly encoded": (lambda c: with_line(c, 1, lambda o: b";\xc7\xd1\n"), r"mine\.txt:1: .*UTF-8"),
        "mis-tabbed": (first_token(lambda cells: [*cells[:2], b"", *cells[2:]]), r"mine\.txt:3: "),
        "spaces for tabs": (lambda c: with_line(c, 3, lambda o: o.replace(b"\t", b" ")), r"mine\.txt:3: "),
        "unknown tag": (first_token(lambda cells: [*cells[:3], b"B_XX\n"]), r"line 1: .*XX"),
        "tag outside the scheme": (first_token(lambda cells: [*cells[:3], b"Q\n"]), r"line 1: .*Q"),
        "continuing nothing": (first_token(lambda cells: [*cells[:3], b"I\n"]), r"line 1: .*I"),
        "10,000 tokens": (lambda c: c.rstrip() + b"\n\n" + sentence(10_000), r"length 10000"),
        "empty sentence": (lambda c: b";\n$\n\n" + c, r"mine\.txt:1: .*no tokens"),
        "empty token": (first_token(lambda cells: [cells[0], b"", *cells[2:]]), r"mine\.txt:3: "),
    },
    "translation": {
        "empty": (lambda c: b"", r"mine\.txt: .*empty"),
        "truncated": (lambda c: c[: c.rstrip().rfind(b"\t")], r"mine\.txt:\d+: 1 column"),
        "wrongly encoded": (lambda c: with_line(c, 4, lambda o: b"\xf1" + o), r"mine\.txt:4: .*UTF-8"),
        "mis-tabbed": (lambda c: with_line(c, 7, lambda o: b"x\t" + o), r"mine\.txt:7: 3 columns"),
        "spaces for a tab": (lambda c: with_line(c, 7, lambda o: b"hi hola\n"), r"mine\.txt:7: 1 column"),
        "empty sentence": (lambda c: with_line(c, 3, lambda o: b"\thola\n"), r"mine\.txt:3: .*empty"),
        "10,000 tokens": (lambda c: c + b"word " * 10_000 + b"\tpalabra\n", r"longer than \d+ .*line \d+"),
        "duplicated rows": (lambda c: c + c, r"at most 10% of the pairs occur before"),
        "too few rows": (lambda c: line(c, 1), r"at least \d+ pairs"),
    },
}  # fmt: skip
CASES = [(task, name) for task, cases in WRONG.items() for name in cases]


@pytest.mark.parametrize(("task", "name"), CASES, ids=[f"{task}-{name}" for task, name in CASES])
def test_bad_data_is_reported_with_file_line_and_remedy(project, task, name):
    damage, message = WRONG[task][name]
    project.use(task, damage(sample(task)))
    table = project.write_earlier(project.paths.task_paths(task).table)
    code, output = project.run(task, download, validate)
    assert code == 1
    assert re.search(message, output), output
    assert re.search(r"error: .*mine\.txt.*\. [A-Z][^.]+.*\.", output), output
    assert "Traceback" not in output
    assert "np." not in output
    assert table.read_bytes() == BEFORE
    assert [p.name for p in table.parent.iterdir() if p.name.startswith(".")] == []


VARIANTS = {
    "CRLF": lambda c: c.replace(b"\n", b"\r\n"),
    "BOM": lambda c: b"\xef\xbb\xbf" + c,
    "BOM and CRLF": lambda c: b"\xef\xbb\xbf" + c.replace(b"\n", b"\r\n"),
    "no newline at the end": lambda c: c.rstrip(b"\n"),
}


@pytest.mark.parametrize("task", WRONG)
def test_line_endings_and_byte_order_marks_change_nothing(project, task):
    data = PARAMS.task(task).data
    plain = project.root / "mine.txt"
    plain.write_bytes(sample(task))
    expected = data.read([plain])
    assert len(expected) > 100
    for variant in VARIANTS.values():
        plain.write_bytes(variant(sample(task)))
        assert data.read([plain]).equals(expected)


@pytest.mark.parametrize("task", WRONG)
def test_a_missing_file_is_reported_and_the_raw_files_stay(project, task):
    project.change(f"tasks.{task}.source", "lost.txt")
    raw = project.write_earlier(project.paths.task_paths(task).raw / "old.txt")
    code, output = project.run(task, download)
    assert code == 1
    assert "error: lost.txt is not a file: Give the path of a readable file" in output
    assert raw.read_bytes() == BEFORE


@pytest.mark.parametrize("run", [validate, preprocess], ids=["validate", "preprocess"])
def test_a_stage_run_before_its_inputs_exist_says_what_to_run(project, run):
    code, output = project.run("forecast", run)
    assert code == 1
    assert re.search(r"error: .*data/forecast/\S+ does not exist\. .*`dvc repro`", output)


# --- params.yaml

PARAMETERS = [
    ("tasks.forecast.model.unitz", 8, r"tasks\.forecast\.model\.unitz: unknown key; did you mean 'units'"),
    ("tasks.forecast.model.units", 0, r"tasks\.forecast\.model\.units: .*greater than 0, got 0"),
    ("tasks.forecast.model.units", "many", r"tasks\.forecast\.model\.units: .*integer, got 'many'"),
    ("tasks.forecast.model.units", 1.5, r"tasks\.forecast\.model\.units: .*got 1\.5"),
    ("tasks.forecast.data.windw", 8, r"tasks\.forecast\.data\.windw: unknown key; did you mean 'window'"),
    ("tasks.forecast.fit.learning_rate", "1e-3", r"fit\.learning_rate: .*got '1e-3'"),
    ("tasks.forecast.fit.decay.kind", "straight", r"fit\.decay\.kind: .*'straight'"),
    ("tasks.forecast.modle", {}, r"tasks\.forecast\.modle: unknown key; did you mean 'model'"),
    ("tasks.forecast.source", 3, r"tasks\.forecast\.source.*got 3"),
]


@pytest.mark.parametrize(("path", "value", "message"), PARAMETERS, ids=[f"{p}={v}" for p, v, _ in PARAMETERS])
def test_a_wrong_parameter_is_reported_with_its_full_path_and_line(project, path, value, message):
    project.change(path, value)
    train = stage("train", "train_task")
    code, output = project.run("forecast", train)
    assert code == 1
    assert re.search(rf"error: params\.yaml:\d+: {message}", output) or re.search(
        rf"error: .*{message}", output
    ), output
    number = int(re.search(r"params\.yaml:(\d+)", output)[1])
    assert path.rpartition(".")[2] in line(project.paths.params.read_bytes(), number).decode()
    assert "Traceback" not in output


def test_a_missing_parameter_is_reported(project):
    yaml = YAML()
    document = yaml.load(project.paths.params)
    del document["tasks"]["forecast"]["data"]["window"]
    yaml.dump(document, project.paths.params)
    code, output = project.run("forecast", download)
    assert code == 1
    assert "tasks.forecast.data.window: missing. Add it." in output


def test_a_params_file_that_is_not_yaml_is_reported(project):
    project.paths.params.write_text("tasks: [\n  a: 1\n")
    code, output = project.run("forecast", download)
    assert code == 1
    assert "error: params.yaml is not valid YAML" in output
    assert "line 2" in output or "line 3" in output


def test_an_unknown_task_is_reported_with_the_nearest_name(project):
    code, output = project.run("forcast", download)
    assert code == 1
    assert "unknown task 'forcast'; did you mean 'forecast'?" in output


# --- the machine


def test_a_full_disk_is_reported_and_the_old_raw_file_stays(project, monkeypatch):
    raw = project.write_earlier(project.paths.task_paths("forecast").raw / "airline-passengers.csv")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    code, output = project.run("forecast", download)
    assert code == 1
    assert "airline-passengers.csv: No space left on device. Free disk space" in output
    assert not (project.paths.state / "downloads" / "forecast" / "staged").exists()
    assert [p.read_bytes() for p in raw.parent.iterdir()] == [BEFORE]


LIMITED = """
import resource, signal, sys, runpy
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_write_that_fails_half_way_leaves_the_old_table(project):
    code, _ = project.run("forecast", download)
    assert code == 0
    table = project.write_earlier(project.paths.task_paths("forecast").table)
    validation = project.write_earlier(project.paths.task_paths("forecast").validation)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(ROOT / "pipelines" / "validate.py"), "forecast"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "validation.json: File too large. Free disk space" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert table.read_bytes() == validation.read_bytes() == BEFORE
    assert [p.name for p in table.parent.iterdir() if p.name.startswith(".")] == []


@pytest.fixture
def silent():
    """Listen, but never answer."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://ann:hush@127.0.0.1:{listening.getsockname()[1]}"


def test_a_tracking_server_that_does_not_answer_is_reported_within_seconds(project, silent, monkeypatch):
    code, output = project.run("forecast", download, validate, preprocess)
    assert code == 0, output
    train = stage("train", "train_task")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", silent)
    started = time.monotonic()
    code, output = project.run("forecast", train)
    assert code == 1
    assert time.monotonic() - started < 30
    assert "the tracking store http://***@127.0.0.1" in output
    assert "unset MLFLOW_TRACKING_URI" in output
    assert "hush" not in output and "Traceback" not in output
    assert not project.paths.task_paths("forecast").weights.exists()


def test_outside_a_project_the_error_names_seqops_root(project, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path / "elsewhere"))
    (tmp_path / "dvc.yaml").unlink()
    code, output = project.run("forecast", download)
    assert code == 1
    assert "no seqops project at" in output and "SEQOPS_ROOT" in output


def test_only_debug_shows_the_traceback(project):
    project.change("tasks.forecast.source", "lost.txt")
    command = [sys.executable, str(ROOT / "pipelines" / "download.py"), "forecast"]
    plain, debug = (
        subprocess.run([*command, *more], capture_output=True, text=True, check=False)
        for more in ([], ["--debug"])
    )
    assert plain.returncode == 1 and debug.returncode == 1
    error = "error: lost.txt is not a file: Give the path of a readable file."
    assert plain.stderr.splitlines() == ["download forecast", error]
    assert "Traceback" in debug.stderr


def test_validate_lists_only_overlaps_that_there_are(project):
    code, output = project.run("translation", download, validate)
    assert code == 0
    assert "rows with a near-duplicate in training" in output
    assert not re.search(r"\b0 (validation|test) rows", output)
