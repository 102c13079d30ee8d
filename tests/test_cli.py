"""The command line as a user meets it: help, wrong names, no input, nothing registered yet."""

import gzip
import io
import shutil
import tracemalloc
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from seqops.cli import app, predict
from seqops.cli.answers import Answers
from seqops.cli.answers_file import FORMATS
from seqops.cli.predict import _inputs
from seqops.core.errors import DataError
from seqops.core.interfaces import Endpoint
from seqops.core.request_limits import RequestLimits
from seqops.params import Params

ROOT = Path(__file__).parents[1]
COMMANDS = [
    "predict",
    "generate",
    "results",
    "tune",
    "schedule",
    "compare",
    "history",
    "promote",
    "rollback",
    "publish",
    "move-versions",
    "drift",
    "vectors",
    "doctor",
    "preset",
    "run",
    "ui",
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout in which no stage has run."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "presets", tmp_path / "presets")
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(app, arguments)


def test_help_names_every_command():
    output = call("--help").output
    assert all(name in output for name in COMMANDS)


def test_a_preset_is_printed_as_options_with_keys_of_params(project):
    output = call("preset", "real").output
    options = output.split("-S ")[1:]
    params = Params.load(project / "params.yaml")
    known = {f"tasks.{name}.{key}" for name in params.names for key in params.task(name).values()}
    assert options
    for option in options:
        key, _, value = option.strip().partition("=")
        assert key in known
        assert value


def test_a_preset_of_one_task_does_not_change_the_others(project):
    output = call("preset", "real", "ner").output
    assert "tasks.ner.source" in output
    assert "tasks.forecast" not in output


def refusal(*arguments):
    """Run a command that must fail; return its stderr."""
    done = call(*arguments)
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    return done.stderr


def test_an_unknown_preset_and_an_unknown_task_are_refused_with_the_nearest_name(project):
    assert "did you mean 'real'?\n" in refusal("preset", "reel")
    assert "did you mean 'ner'?\n" in refusal("predict", "nerr", "x")


def test_predict_without_input_or_without_a_model_explains_what_to_do(project):
    assert "--file" in refusal("predict", "ner")
    assert "dvc repro evaluate@ner" in refusal("predict", "ner", "x")


def test_tune_refuses_an_invalid_search_before_anything_runs(project):
    path = project / "params.yaml"
    path.write_text(
        path.read_text("utf-8").replace("model.word_dropout: {", "model.word_dropuot: {"), "utf-8"
    )
    output = refusal("tune", "ner")
    assert "tasks.ner.search.model.word_dropuot" in output
    assert "did you mean 'model.word_dropout'" in output
    assert not (project / ".state").exists()


def test_results_of_an_unknown_task_name_the_tasks(project):
    assert "unknown task 'nre'" in refusal("results", "nre")


def test_results_before_any_run_name_the_missing_file(project):
    output = refusal("results", "ner")
    assert "evaluation.json" in output
    assert "dvc repro" in output


@pytest.mark.parametrize(
    ("command", "new", "old"),
    [("retrain", "--when", "--if"), ("schedule", "--when", "--if"), ("results", "--output", "--document")],
)
def test_an_option_still_works_under_its_old_name_which_is_hidden(command, new, old):
    options = {
        name: option
        for option in typer.main.get_command(app).commands[command].params
        for name in option.opts
    }
    assert not options[new].hidden
    assert options[old].hidden
    assert options[old].multiple == options[new].multiple


@pytest.mark.parametrize("option", ["--when", "--if"])
def test_triggers_are_accepted_under_either_name(option, monkeypatch):
    received = []
    monkeypatch.setattr(
        "seqops.retraining.run_all.retrain_all",
        lambda project, names, triggers, *rest: received.append(triggers) or 0,
    )
    assert CliRunner().invoke(app, ["retrain", "ner", option, "drift", option, "age=7d"]).exit_code == 0
    assert received == [["drift", "age=7d"]]


TEXTS = SimpleNamespace(inputs_of=partial(Endpoint.inputs_of, None), requests=RequestLimits(chars=5))


def test_a_file_has_one_input_per_line_whatever_separators_a_text_contains(tmp_path):
    (tmp_path / "inputs.txt").write_bytes("a\u2028b\r\n\r\nc\x0cd\n".encode())
    assert [*_inputs([], tmp_path / "inputs.txt", TEXTS)] == ["a\u2028b", "", "c\x0cd"]
    assert [*_inputs(["x"], tmp_path / "inputs.txt", TEXTS)][:2] == ["x", "a\u2028b"]


def test_a_compressed_file_is_read_as_the_plain_one(tmp_path):
    (tmp_path / "inputs.txt.gz").write_bytes(gzip.compress("a\u2028b\r\nc\x0cd\n".encode()))
    assert [*_inputs([], tmp_path / "inputs.txt.gz", TEXTS)] == ["a\u2028b", "c\x0cd"]


def test_a_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / "inputs.txt").write_bytes("caf\u00e9\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"inputs\.txt: not UTF-8 .* Save it as UTF-8"):
        list(_inputs([], tmp_path / "inputs.txt", TEXTS))


def test_standard_input_is_utf_8_in_every_locale(monkeypatch):
    def given(content):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), "ascii"))
        return [*_inputs([], None, TEXTS)]

    assert given("\ufeffcaf\u00e9\r\nb\u2028c\n".encode()) == ["caf\u00e9", "b\u2028c"]
    with pytest.raises(DataError, match=r"standard input: not UTF-8 .* Save it as UTF-8"):
        given("a\ncaf\u00e9\n".encode("cp1252"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0", "is a PNG image, not text"),
        (b"%PDF-1.7\xff", "is a PDF document"),
    ],
)
def test_an_input_file_that_is_empty_or_no_text_is_named(tmp_path, content, words):
    (tmp_path / "inputs.txt").write_bytes(content)
    output = refusal("predict", "ner", "--file", str(tmp_path / "inputs.txt"))
    assert f"inputs.txt: {words}" in " ".join(output.split())


def test_of_a_line_longer_than_an_input_may_be_no_more_is_read(tmp_path):
    """As of a file of one line of gigabytes; of a gzip file no more is unpacked, either."""
    read = io.StringIO("abcde\nabcdefghijk\n")
    lines = TEXTS.requests.lines(read, Path("x.txt"))
    assert next(lines) == "abcde\n"
    with pytest.raises(DataError, match=r"^x\.txt:2: the line has more than 5 characters, the most"):
        next(lines)
    assert read.read() == "ghijk\n"
    (tmp_path / "zeros.gz").write_bytes(gzip.compress(b"x" * 64_000_000))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"^zeros\.gz:1: the line has more than 5 characters"):
        list(_inputs([], tmp_path / "zeros.gz", TEXTS))
    assert tracemalloc.get_traced_memory()[1] < 16_000_000
    tracemalloc.stop()


def test_a_missing_input_file_is_not_reported_as_a_full_disk(tmp_path):
    output = refusal("predict", "ner", "--file", str(tmp_path / "nowhere.txt"))
    assert "nowhere.txt: No such file or directory. Check the path." in " ".join(output.split())


class Version:
    """Answers a request with its length and each input; refuses `bad`."""

    def predict(self, inputs):
        if "bad" in inputs:
            raise DataError(f"input {inputs.index('bad') + 1} is bad.")
        return [{"of": len(inputs), "text": text} for text in inputs]

    def unknown_words(self, inputs):
        return [text for text in inputs if text == "two"]


def test_inputs_are_sent_in_several_requests_and_answered_in_order():
    first, second = Answers(Version(), None).records([["a", "b"], ["c"]])
    assert first == ([1, 2], [{"of": 2, "text": "a"}, {"of": 2, "text": "b"}])
    assert second == ([3], [{"of": 1, "text": "c"}])


def test_an_invalid_input_is_named_with_the_request_it_is_in():
    answers = Answers(Version(), None).records([["a", "b"], ["c", "bad"]])
    assert [record["text"] for record in next(answers)[1]] == ["a", "b"]
    with pytest.raises(DataError, match=r"of the inputs from 3 on: input 2 is bad\."):
        next(answers)
    with pytest.raises(DataError, match=r"^input 1 is bad\.$"):
        next(Answers(Version(), None).records([["bad"]]))


@pytest.fixture
def version(monkeypatch):
    """A registered version that answers without a model, one input a request."""
    monkeypatch.setattr(predict, "running_version", lambda task, alias, model: nullcontext(Version()))
    monkeypatch.setattr("seqops.tasks.ner.serving.Endpoint.requests", RequestLimits(items=1))


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("out.csv", pd.read_csv),
        ("out.jsonl", partial(pd.read_json, lines=True)),
        ("out.parquet", pd.read_parquet),
    ],
)
def test_a_file_is_answered_in_the_format_of_the_output(project, version, tmp_path, name, read):
    (tmp_path / "inputs.txt").write_text("one\ntwo\nthree\n")
    done = call("predict", "ner", "--file", str(tmp_path / "inputs.txt"), "--output", str(tmp_path / name))
    assert done.exit_code == 0 and done.stdout == ""
    assert "Not in its vocabulary: two\n" in done.stderr
    assert read(tmp_path / name).to_dict("list") == {"of": [1, 1, 1], "text": ["one", "two", "three"]}


def test_another_format_and_a_refused_input_leave_no_output(project, version, tmp_path):
    (tmp_path / "inputs.txt").write_text("one\nbad\n")
    file = ["--file", str(tmp_path / "inputs.txt"), "--output"]
    refused = refusal("predict", "ner", *file, str(tmp_path / "out.xml"))
    assert "must end in .csv, .jsonl, .parquet" in " ".join(refused.split())
    assert "from 2 on" in refusal("predict", "ner", *file, str(tmp_path / "out.csv"))
    assert sorted(path.name for path in tmp_path.glob("*out*")) == []


def test_a_csv_does_not_mix_answers_with_other_columns(tmp_path):
    table = partial(Endpoint.to_table, None)
    with FORMATS[".csv"](tmp_path / "out.csv", SimpleNamespace(to_table=table)) as write:
        write([1], [{"a": 1}])
        with pytest.raises(DataError, match=r"from input 2 on have other columns\. Write them to a \.jsonl"):
            write([2], [{"b": 1}])


def test_progress_counts_the_inputs_that_were_answered(monkeypatch):
    shown = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(predict, "err", shown)
    with predict.progress(6, [["a", "b"], ["c"]]) as batches:
        assert list(batches) == [["a", "b"], ["c"]]
    assert "3 answers" in shown.file.getvalue()
