"""The three layouts, and the errors in invalid files."""

import io
import tarfile

import pytest
from sentiment_task import task, write_file

from seqops.core.errors import DataError

LINES = {"layout": "lines", "labels": ("0", "1")}
FOLDERS = {"layout": "folders", "labels": ("neg", "pos")}
HEADER = "PhraseId\tSentenceId\tPhrase\tSentiment\n"


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


REVIEWS = [
    ("aclImdb/train/pos/1_9.txt", b"Fine.<br />Very fine."),
    ("aclImdb/README", b"no review"),
    ("aclImdb/train/unsup/0_0.txt", b"Nobody said."),
    ("aclImdb/test/neg/0_2.txt", b"Poor."),
    ("aclImdb/train/neg/3_1.txt", b"Bad."),
    ("aclImdb/train/pos/urls.txt/x", b"no review either"),
]


def test_a_table_is_read_by_its_header(tmp_path):
    path = write_file(tmp_path / "a.tsv", HEADER + '1\t7\tA "fine" film\tpositive\n2\t7\tdull\tnegative\n')
    assert task().read([path]).to_numpy().tolist() == [
        [2, 'A "fine" film', "positive", "7", ""],
        [3, "dull", "negative", "7", ""],
    ]


@pytest.mark.parametrize(
    ("content", "text", "label"),
    [
        ("positive\tgood film\nnegative\tpoor one\n", "1", "0"),
        ('"good film",positive\n"poor one",negative\n', "0", "1"),
        ("0;1\ngood film;positive\npoor one;negative\n", "0", "1"),
        ("text;label\ngood film;positive\npoor one;negative\n", "text", "label"),
    ],
    ids=["tabs", "commas", "a header of numbers", "semicolons"],
)
def test_columns_of_a_table_without_a_header_are_counted_from_0(tmp_path, content, text, label):
    rows = task(text=text, label=label, group="").read([write_file(tmp_path / "a.csv", content)])
    assert rows[["text", "label"]].to_numpy().tolist() == [
        ["good film", "positive"],
        ["poor one", "negative"],
    ]


def test_a_header_of_lines_is_named_as_that(tmp_path):
    path = write_file(tmp_path / "a.txt", "sentence\tlabel\ngood\t1\n")
    with pytest.raises(DataError, match=r"a.txt:1: .*If line 1 names the columns, set data.layout: table\."):
        task(**LINES).read([path])


def test_quoted_cells_may_contain_commas_and_line_breaks(tmp_path):
    path = write_file(tmp_path / "a.csv", 'label,text\npositive,"good, and\nlong"\nnegative,poor\n')
    rows = task(text="text", label="label", group="").read([path])
    assert rows[["line", "text", "label"]].to_numpy().tolist() == [
        [2, "good, and\nlong", "positive"],
        [4, "poor", "negative"],
    ]


def test_each_line_ends_with_its_label(tmp_path):
    path = write_file(tmp_path / "a.txt", b"\xef\xbb\xbfGood\tcase.\t1\r\n\r\nBad.\t0")
    rows = task(**LINES).read([path])
    assert rows[["line", "text", "label"]].to_numpy().tolist() == [[1, "Good\tcase.", "1"], [3, "Bad.", "0"]]


def test_folders_of_an_archive_give_label_and_split_and_names_the_order(tmp_path):
    one = write_file(tmp_path / "a.tar.gz", archive(REVIEWS))
    other = write_file(tmp_path / "b.tar.gz", archive(REVIEWS[::-1]))
    rows = task(**FOLDERS).read([one])
    assert rows[["text", "label", "published"]].to_numpy().tolist() == [
        ["Poor.", "neg", "test"],
        ["Bad.", "neg", "train"],
        ["Fine.<br />Very fine.", "pos", "train"],
    ]
    assert task(**FOLDERS).read([other]).equals(rows)


def test_folders_of_validation_are_read_whatever_their_case(tmp_path):
    from archives import zipped

    files = {f"a/{split}/pos/1.txt": split.encode() for split in ("Train", "TEST", "valid", "dev", "unsup")}
    rows = task(**FOLDERS).read([write_file(tmp_path / "a.zip", zipped(files))])
    assert dict(zip(rows["text"], rows["published"], strict=True)) == {
        "TEST": "test",
        "Train": "train",
        "dev": "validation",
        "valid": "validation",
    }


def test_a_zip_of_folders_is_read_without_the_files_of_macos(tmp_path):
    from archives import zipped

    files = {
        f"a/{split}/{label}/1.txt": label.encode() for split in ("train", "test") for label in ("neg", "pos")
    }
    mac = {"a/train/pos/._1.txt": b"\0\5", "__MACOSX/a/test/neg/._1.txt": b"\0\5"}
    rows = task(**FOLDERS).read([write_file(tmp_path / "a.zip", zipped({**mac, **files}))])
    assert rows["text"].tolist() == rows["label"].tolist() == ["neg", "pos", "neg", "pos"]


@pytest.mark.parametrize(
    ("cell", "header", "expected"),
    [
        ('"He said ""no""."', "text\tlabel", 'He said "no".'),
        ('"Good."', '"text"\t"label"', "Good."),
        ('"Good."', "text\tlabel", '"Good."'),
        ('"Good," he said.', "text\tlabel", '"Good," he said.'),
        ('"Good," he said ""no"".', "text\tlabel", '"Good," he said ""no"".'),
    ],
)
def test_the_quotes_of_a_writer_are_removed_and_those_of_a_text_kept(tmp_path, cell, header, expected):
    table = task(text="text", label="label", group="", labels=("0", "1"))
    rows = table.read([write_file(tmp_path / "a.tsv", f"{header}\n{cell}\t1\nBad.\t0\n")])
    assert rows["text"].tolist() == [expected, "Bad."]


WRONG = {
    "no label column": ({}, "a\tb\n1\t2\n", r"mine:1: column 'Phrase' not found; the header has a, b\. Set"),
    "empty": ({}, "", r"mine:1: column 'Phrase' not found; the header has none"),
    "header only": ({}, HEADER, r"mine: the file contains no texts"),
    "too few cells": ({}, HEADER + "1\t7\tgood\n", r"mine:2: 3 cells, but the header has 4"),
    "too many cells": ({}, HEADER + "1\t7\tgood\tx\tpositive\n", r"mine:2: 5 cells"),
    "another label": ({}, HEADER + "1\t7\ta\tnice\n", r"mine:2: the label 'nice' is not one of"),
    "not UTF-8": ({}, HEADER.encode() + b"1\t7\tcaf\xe9\tpositive\n", r"mine:2: byte 0xe9 is not UTF-8"),
    "an open quote": ({"group": ""}, 'Phrase,Sentiment\n"good,positive\n', r"mine:2: not CSV: "),
    "no tab": (LINES, "good\t1\nbad 0\n", r"mine:2: no tab between text and label: 'bad 0'"),
    "a number beyond": (LINES, "good\t1\nbad\t2\n", r"mine:2: the label '2' is not one of 0, 1"),
    "no archive": (FOLDERS, "good\t1\n", r"mine: broken archive"),
    "a truncated archive": (FOLDERS, archive(REVIEWS)[:-40], r"mine: broken archive"),
    "other folders": (FOLDERS, archive(REVIEWS[1:3]), r"mine: no file matches train/neg/\*\.txt"),
    "a member not UTF-8": (
        FOLDERS,
        archive([("a/train/neg/0.txt", b"\xff")]),
        r"mine: in a/train/neg/0\.txt, byte 0xff is not UTF-8",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_invalid_file_is_refused_with_file_and_line(tmp_path, name):
    changed, content, message = WRONG[name]
    with pytest.raises(DataError, match=message) as raised:
        task(**changed).read([write_file(tmp_path / "mine", content)])
    assert str(raised.value).count(". ") >= 1
