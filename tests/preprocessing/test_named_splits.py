"""Splits whose files `source` names, for each task that takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqops.core.errors import DataError
from seqops.core.records import LINE
from seqops.params import Params
from seqops.preprocessing.named_splits import NAMED
from seqops.validation import run_expectations

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT / "params.yaml")
FEW = {
    "ner": {"layout": "conll", "types": ["PER", "LOC"], "tokenizer": "whitespace"},
    "translation": {"min_rows": 1, "vocabulary": 60},
    "sentiment": {"layout": "lines", "labels": ["0", "1"], "min_rows": 1},
}


def data(task, **values):
    keys = {f"tasks.{task}.data.{key}": value for key, value in {**FEW[task], **values}.items()}
    return PARAMS.with_values(keys).task(task).data


def rows(task, names):
    return {
        "ner": "\n".join(f"{name} B-PER\nruns O\n" for name in names),
        "translation": "".join(f"{name} runs\t{name} court\n" for name in names),
        "sentiment": "".join(f"{name} runs\t{i % 2}\n" for i, name in enumerate(names)),
    }[task]


def write(folder, task, **splits):
    paths = []
    for split, names in splits.items():
        (folder / split).mkdir()
        paths.append(folder / split / "corpus.txt")
        paths[-1].write_text(rows(task, names))
    return paths


@pytest.mark.parametrize("task", FEW)
def test_the_files_of_splits_are_the_splits(tmp_path, task):
    raw = write(tmp_path, task, test=["Eva", "Max"], train=["Ann", "Bob", "Cid"], validation=["Dan"])
    table = data(task).read(raw)
    assert data(task).assign_splits(table).tolist() == [*["test"] * 2, *["train"] * 3, "validation"]
    assert table["file"].unique().tolist() == ["test/corpus.txt", "train/corpus.txt", "validation/corpus.txt"]
    assert table[LINE].tolist()[:2] == [1, 4 if task == "ner" else 2]


@pytest.mark.parametrize("task", FEW)
def test_validation_rows_are_drawn_from_the_training_file(tmp_path, task):
    names = [f"Ann{i}" for i in range(40)]
    share = {"translation": {"validation_share": 0.5}}.get(task, {"validation": 0.5})
    dataset = data(task, **share)
    split = dataset.assign_splits(dataset.read(write(tmp_path, task, train=names, test=["Eva", "Max"])))
    assert split[40:].tolist() == ["test", "test"]
    assert set(split[:40]) == {"train", "validation"}
    assert 10 < np.sum(split == "validation") < 30


@pytest.mark.parametrize("task", ["ner", "translation"])
def test_what_the_files_share_is_counted_and_no_row_is_refused_or_left_out(tmp_path, task):
    raw = write(tmp_path, task, train=["Ann", "Bob"], validation=["Bob", "Dan"], test=["Ann", "Ann", "Max"])
    checked = data(task).with_checked_columns(data(task).read(raw))
    report = run_expectations(checked, data(task).expectations())
    failed = [result.expectation.meaning for result in report.results if not result.passed]
    assert not [meaning for meaning in failed if "two splits" in meaning]
    key = {"ner": "text", "translation": "source"}[task]
    leakage = data(task).leakage(checked)
    assert leakage[f"test rows with a {key} of training"] == 2
    assert leakage[f"validation rows with a {key} of training"] == 1
    splits, _ = data(task).split_and_encode(checked)
    assert {name: len(split) for name, split in splits.items()} == {"train": 2, "validation": 2, "test": 3}


def test_a_training_text_of_a_held_out_file_is_left_out_and_counted(tmp_path):
    raw = write(tmp_path, "sentiment", train=["Ann", "Bob", "Eva"], validation=["Dan"], test=["Eva", "Max"])
    checked = data("sentiment").with_checked_columns(data("sentiment").read(raw))
    assert checked["split"].tolist() == ["train", "train", "unused", "validation", "test", "test"]
    assert data("sentiment").leakage(checked)["rows left out, whose text is in a held-out file"] == 1


def test_each_split_may_be_two_parallel_files(tmp_path):
    raw = []
    for split, side, text in [
        ("train", "en", "a\nb\n"), ("train", "de", "A\nB\n"), ("test", "en", "c\n"), ("test", "de", "C\n"),
    ]:  # fmt: skip
        (tmp_path / split).mkdir(exist_ok=True)
        raw.append(tmp_path / split / f"corpus.{side}")
        raw[-1].write_text(text)
    table = data("translation").read(raw)
    assert table["source"].tolist() == ["a", "b", "c"]
    assert table["target"].tolist() == ["A", "B", "C"]
    assert table[NAMED].tolist() == ["train", "train", "test"]


def test_the_files_of_splits_may_have_annotated_texts(tmp_path):
    paths = []
    for split, count in (("train", 3), ("validation", 1), ("test", 2)):
        (tmp_path / split).mkdir()
        paths.append(tmp_path / split / "corpus.txt")
        blocks = [
            f"; {split}{n} runs\n$<{split}{n}:PER> runs\n1\t{split}{n}\tNNP\tB_PER\n2\truns\tVV\tO\n"
            for n in range(count)
        ]
        paths[-1].write_text("\n".join(blocks))
    dataset = data("ner", layout="klp")
    table = dataset.read(paths)
    assert dataset.assign_splits(table).tolist() == [*["train"] * 3, "validation", *["test"] * 2]


def test_a_published_draw_from_several_files_is_refused(tmp_path):
    for name in ("eng.train", "eng.testb"):
        (tmp_path / name).write_text(rows("ner", ["Ann", "Bob"]))
    dataset = data("ner", split="published")
    table = dataset.read([tmp_path / "eng.train", tmp_path / "eng.testb"])
    with pytest.raises(DataError, match=r"one file, and there are several\. Name the file of each split"):
        dataset.assign_splits(table)


def test_a_failed_check_names_the_file_and_its_line(tmp_path):
    for name, tag in (("a.txt", "PER"), ("b.txt", "PERS")):
        (tmp_path / name).write_text(f"Ann B-{tag}\n")
    dataset = data("ner")
    table = dataset.read([tmp_path / "a.txt", tmp_path / "b.txt"]).assign(split="train")
    from seqops.tasks.ner.data import checks

    report = run_expectations(checks.with_checked_columns(table, ["PER"]), dataset.expectations())
    assert any("b.txt:1: unknown_type 'PERS'" in result.summary() for result in report.results)
