"""`seqops vectors`: the words of each task, the files and the answer."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from seqops.cli import app
from seqops.core.arrays_io import write_table
from seqops.params import Params

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")
SPLIT = np.array(["train", "test", "train"])


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setenv("SEQOPS_ROOT", str(tmp_path))
    return tmp_path


def reviews(folder):
    """Write the table of 300 short texts, each in a group of its own."""
    texts = [f"A {'good film' if i % 2 else 'bad play'}, number {i}." for i in range(300)]
    labels = ["negative", "positive"] * 150
    columns = {"line": range(300), "text": texts, "label": labels, "group": [str(i) for i in range(300)]}
    write_table(folder / "data/sentiment/table.parquet", pd.DataFrame({**columns, "published": ""}))


def call(*arguments):
    return CliRunner().invoke(app, ["vectors", *arguments])


def test_vectors_are_written_drawn_and_their_use_is_said(project):
    reviews(project)
    done = call("sentiment", "good", "play", "--dimensions", "8", "--epochs", "2")
    assert done.exit_code == 0, done.output
    assert "set `tasks.sentiment.data.vectors: vectors/sentiment.vec`" in done.output
    assert "`tasks.sentiment.model.embedding: 8`" in done.output
    lines = (project / "vectors/sentiment.vec").read_text("utf-8").splitlines()
    words = [line.split(" ")[0] for line in lines[1:]]
    assert lines[0] == f"{len(words)} 8"
    assert set(words) == {"a", ",", ".", "number", "good", "film", "bad", "play"}
    assert (project / "vectors/sentiment.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_writes_the_same_file_where_it_is_told_to(project):
    reviews(project)
    files = [project / name for name in ("a.vec", "b.vec", "c.vec")]
    for file, seed in zip(files, "001", strict=True):
        call("sentiment", "--dimensions", "4", "--epochs", "1", "--seed", seed, "--output", str(file))
    first, second, third = (file.read_bytes() for file in files)
    assert first == second != third


def test_what_cannot_be_learnt_is_said_without_a_traceback(project):
    reviews(project)
    for arguments, message in [
        (["sentiment", "gold"], "did you mean 'good'?"),
        (["ner"], "table.parquet does not exist"),
        (["nerr"], "did you mean 'ner'?"),
    ]:
        done = call(*arguments)
        assert done.exit_code == 1
        assert message in done.stderr
    assert not (project / "vectors").exists()


def test_tasks_without_texts_have_no_words(project):
    write_table(project / "data/forecast/table.parquet", pd.DataFrame({"line": [1, 2, 3]}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(PARAMS.task("forecast").data), "assign_splits", lambda *_: SPLIT)
        assert "there are no words to learn vectors of" in call("forecast").stderr


@pytest.mark.parametrize(
    ("task", "columns", "words"),
    [
        ("sentiment", {"text": ["It isn't bad.", "x", "Bad!"]}, [["it", "isn't", "bad", "."], ["bad", "!"]]),
        ("translation", {"source": ["Go now.", "x", "Go now."]}, [["go", "now", "."]]),
        (
            "ner",
            {"text": ["2 b", "x", "c"], "tokens": [["12", "b"], ["x"], ["c"]], "pos": [["", ""], [""], [""]]},
            [["00", "b"], ["c"]],
        ),
    ],
)
def test_the_words_of_a_task_are_those_of_its_training_rows(task, columns, words):
    table = pd.DataFrame(columns)
    if task == "ner":
        table["words"] = [[0, 1], [0], [0]]
    assert PARAMS.task(task).data.training_words(table, SPLIT) == words


def test_the_training_text_is_one_row_of_words():
    table = pd.DataFrame({"text": ["Don't go\n", "x\n", "there!\n"]})
    words = PARAMS.task("textgen").data.training_words(table, np.array(["train", "test", "train"]))
    assert words == [["don't", "go", "there", "!"]]
