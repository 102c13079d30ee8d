"""Pairs from files, and one clear message for each kind of invalid file."""

import gzip
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pairs import PAIRS, task, to_tsv, write_file

from seqops.core.errors import ConfigError, DataError
from seqops.preprocessing.twice_encoded import twice_encoded
from seqops.tasks.translation.data.columns import is_header

SENTENCE = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30
).filter(lambda text: text == text.strip() and not text.startswith(("\ufeff", '"')))


def read(folder, content: bytes, **changed: object):
    return task(**changed).read([write_file(folder, content)])


@settings(deadline=None)
@given(st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=8))
def test_pairs_are_read_back_in_order(tmp_path_factory, pairs) -> None:
    assume(twice_encoded(to_tsv(pairs).decode()) is None)
    table = read(tmp_path_factory.mktemp("pairs"), to_tsv(pairs))
    assert list(zip(table["source"], table["target"], strict=True)) == pairs
    assert list(table["line"]) == list(range(1, len(pairs) + 1))


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        (("english", "French"), True),
        (("en", "fr"), True),
        (("en_US", "es-MX"), True),
        (("text_en", "text_fr"), True),
        (("Source", "source"), True),
        (("sentence1", "sentence2"), True),
        (("Text A", "Text B"), True),
        (("input", "output"), True),
        (("원문", "번역문"), True),
        (("English", "한국어"), True),
        (("中文", "english"), True),
        (("text", "text"), False),
        (("English", "영어"), False),
        (("Deutschland", "Allemagne"), False),
        (("en", "en"), False),
        (("well-known", "bien-connu"), False),
        (("Go.", "Va !"), False),
    ],
)
def test_a_first_line_that_names_the_languages_is_a_header(cells, named) -> None:
    assert is_header(cells) is named


QUOTES = {
    "every cell": ('"{0}"\t"{1}"', "{0}", "{1}"),
    "a column": ('"{0}"\t{1}', "{0}", "{1}"),
    "quotes in cells": ('"He said ""{0}""."\t{1}', 'He said "{0}".', "{1}"),
    "of the text": ('"{0}" he said.\t"{1}" dit-il.', '"{0}" he said.', '"{1}" dit-il.'),
}


@pytest.mark.parametrize("name", QUOTES)
def test_the_quotes_of_a_writer_are_no_part_of_a_sentence(tmp_path, name) -> None:
    form, source, target = QUOTES[name]
    pairs = [(f"I see house {n}.", f"Je vois la maison {n}.") for n in range(5)]
    table = read(tmp_path, "".join(form.format(*pair) + "\n" for pair in pairs).encode())
    read_back = list(zip(table["source"], table["target"], strict=True))
    assert read_back == [(source.format(*pair), target.format(*pair)) for pair in pairs]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("train-{0:04d}", "identifiers, such as 'train-0000'"),
        ("3f{0}a", "identifiers, such as '3f0a'"),
        ("https://a.example/{0}", "identifiers, such as 'https://a.example/0'"),
        ("0.{0}", "numbers, such as '0.0'"),
        ("eng", "the same text in every row, such as 'eng'"),
    ],
)
def test_a_column_before_the_sentences_is_refused_as_what_it_is(tmp_path, cell, what) -> None:
    rows = [f"{cell.format(n)}\tI see house {n}.\tJe vois la maison {n}.\n" for n in range(12)]
    with pytest.raises(DataError, match=re.escape(f"column 0 (data.source_column) has {what}")) as raised:
        read(tmp_path, "".join(rows).encode())
    assert "Columns with text are 1, 2, counted from 0" in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: b"\xef\xbb\xbf" + c,
        lambda c: c.replace(b"\n", b"\r\n"),
        lambda c: c.removesuffix(b"\n"),
        lambda c: c.replace(b"\t", b" \t "),
    ],
    ids=["byte order mark", "CRLF", "no final newline", "spaces around the tab"],
)
def test_variants_left_by_editors_are_read_the_same(tmp_path, change) -> None:
    table = read(tmp_path, change(to_tsv()))
    assert list(zip(table["source"], table["target"], strict=True)) == PAIRS


def test_the_columns_are_chosen(tmp_path) -> None:
    table = read(tmp_path, b"1\tVe.\tGo.\n2\tHola.\tHi.\n", source_column=2, target_column=1)
    assert list(table["source"]) == ["Go.", "Hi."]
    assert list(table["target"]) == ["Ve.", "Hola."]


def test_two_parallel_files_are_read_line_by_line(tmp_path) -> None:
    english = write_file(tmp_path, b"Go.\nHi.\n", "train.en")
    spanish = write_file(tmp_path, "Ve.\r\n¡Hola!\r\n".encode(), "train.es")
    table = task().read([english, spanish])
    assert table.to_dict("list") == {"line": [1, 2], "source": ["Go.", "Hi."], "target": ["Ve.", "¡Hola!"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "pairs.tsv: the file is empty"),
        (b"\xef\xbb\xbf", "pairs.tsv: the file is empty"),
        (b"Go.\tVe.\nHi.\n", "pairs.tsv:2: 1 column(s)"),
        (b"Go.\tVe.\nHi.\tHola.\tx\n", "pairs.tsv:2: 3 columns, but the first line has 2"),
        (b"Go.\tVe.\nHi.\t\n", "pairs.tsv:2: an empty sentence"),
        (b"Go.\tVe.\n \tHola.\n", "pairs.tsv:2: an empty sentence"),
        (b"Go.\tVe.\n\nHi.\tHola.\n", "pairs.tsv:2: 1 column(s)"),
        ("Go.\tVe.\nHi.\t¡Hola!\n".encode("latin-1"), "pairs.tsv:2: byte 0xa1 is not UTF-8"),
        ("Go.\tVe.\nHi.\t¡Hola!".encode()[:-6], "pairs.tsv:2: byte 0xc2 is not UTF-8"),
        ("Go.\tVe.\n".encode("utf-16"), "pairs.tsv:1: byte 0xff is not UTF-8"),
    ],
    ids=[
        "empty",
        "only a byte order mark",
        "truncated line",
        "stray tab",
        "empty target",
        "empty source",
        "blank line",
        "latin-1",
        "truncated character",
        "utf-16",
    ],
)
def test_an_invalid_file_is_refused_with_its_line(tmp_path, content, message) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read(tmp_path, content)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(DataError, match=r"absent\.tsv: no such file"):
        task().read([tmp_path / "absent.tsv"])


def test_parallel_files_of_different_length_are_refused(tmp_path) -> None:
    files = [write_file(tmp_path, b"Go.\nHi.\n", "train.en"), write_file(tmp_path, b"Ve.\n", "train.es")]
    with pytest.raises(DataError, match=r"train\.es: 1 lines, but train\.en has 2"):
        task().read(files)


def test_three_files_are_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="3 raw files"):
        task().read([tmp_path / name for name in "abc"])


@pytest.mark.parametrize("order", [("train.fr", "train.en"), ("train.en", "train.fr")])
def test_the_first_of_two_files_is_the_source_side(tmp_path, order) -> None:
    files = [write_file(tmp_path, name.encode(), name) for name in order]
    table = task().read(files)
    assert (table["source"][0], table["target"][0]) == order


def test_splits_have_the_same_direction(tmp_path) -> None:
    files = []
    for split, sides in (("train", ("fr", "en")), ("test", ("en", "fr"))):
        (tmp_path / split).mkdir()
        files += [write_file(tmp_path / split, side.encode(), f"part.{side}") for side in sides]
    with pytest.raises(
        DataError, match=r"^test lists part\.en, then part\.fr, but train part\.fr, then part\.en"
    ):
        task().read(files)
    table = task().read([files[0], files[1], files[3], files[2]])
    assert [*table["source"]] == ["fr", "fr"]


@pytest.mark.parametrize(
    "header", ["english\tfrench", "Source\tTarget", "en\tfr", "English text\tFrench text"]
)
def test_a_first_line_that_names_the_languages_is_no_pair(tmp_path, header) -> None:
    table = read(tmp_path, f"{header}\nGo.\tVa.\n".encode())
    assert table.to_dict("list") == {"line": [2], "source": ["Go."], "target": ["Va."]}


@pytest.mark.parametrize("first", ["No\tNo", "French\tFrench", "French\tfrançais", "It\tIl"])
def test_a_pair_that_might_be_a_header_is_read(tmp_path, first) -> None:
    assert len(read(tmp_path, f"{first}\nGo.\tVa.\n".encode())) == 2


def test_a_column_of_numbers_is_no_side_of_a_pair(tmp_path) -> None:
    exported = "".join(f"{1200 + i}\tGo {i}.\t{99 + i}\tVa {i}.\n" for i in range(20)).encode()
    message = (
        "pairs.tsv: column 0 (data.source_column) has numbers, such as '1200', not sentences. "
        "Columns with text are 1, 3, counted from 0: name one of them."
    )
    with pytest.raises(DataError, match=re.escape(message)):
        read(tmp_path, exported)
    table = read(tmp_path, exported, source_column=1, target_column=3)
    assert table["target"].tolist()[:2] == ["Va 0.", "Va 1."]


def test_one_column_for_both_sides_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data\.source_column and data\.target_column are both 1"):
        task(source_column=1)


def test_a_csv_file_may_quote_its_cells(tmp_path) -> None:
    path = write_file(tmp_path, b'en,fr\n"Go, now.",Va.\n"Say ""hi"".",Dis.\n', "pairs.csv")
    table = task().read([path])
    assert table["source"].tolist() == ["Go, now.", 'Say "hi".']
    assert table["line"].tolist() == [2, 3]


def test_a_compressed_csv_file_may_quote_its_cells(tmp_path) -> None:
    path = write_file(tmp_path, gzip.compress(b'en,fr\n"Go, now.",Va.\n'), "pairs.csv.gz")
    assert task().read([path])["source"].tolist() == ["Go, now."]


@pytest.mark.parametrize("second", [b"Hi.\tSalut.\nNo.\tNon.\n", b"# a comment\nHi.\tSalut.\n"])
def test_two_files_of_pairs_are_not_parallel(tmp_path, second) -> None:
    files = [
        write_file(tmp_path, b"Go.\tVa.\nYes.\tOui.\n", "train.tsv"),
        write_file(tmp_path, second, "test.tsv"),
    ]
    with pytest.raises(
        DataError, match=r"test\.tsv: most lines have a tab, as in train\.tsv: not parallel files"
    ):
        task().read(files)
