"""The readers: what they accept, and what they refuse with which message."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from korean import CONLL, KLP, task, write_file

from seqops.core.errors import DataError
from seqops.tasks.ner.data.reader import sentences
from seqops.tasks.ner.data.sentence import Sentence, plain_tag


@pytest.mark.parametrize(
    ("layout", "content", "message"),
    [
        (
            "klp",
            "Anna B-PER\nsang O\n",
            "corpus.txt:1: a sentence does not start with `;` and its text, but with a",
        ),
        ("klp", "Anna B-PER\nsang O\n", "Set data.layout: conll"),
        (
            "conll",
            "; 살\n$살\n1\t살\tVV\tO\n",
            "as in the KLP layout, not with a token. Set data.layout: klp.",
        ),
    ],
)
def test_a_file_of_the_other_layout_is_named_as_that(tmp_path, layout, content, message):
    with pytest.raises(DataError, match=re.escape(message)):
        sentences(write_file(tmp_path, content), layout)


@pytest.mark.parametrize(
    ("tag", "previous", "expected"),
    [
        ("O", "O", "O"),
        ("B_OG", "O", "B-OG"),
        ("I", "B-OG", "I-OG"),
        ("I", "I-PS", "I-PS"),
        ("I", "O", "I"),
        ("I_LC", "B-LC", "I-LC"),
        ("B-PER", "O", "B-PER"),
        ("?", "B-OG", "?"),
    ],
)
def test_a_tag_is_converted_to_iob2(tag: str, previous: str, expected: str) -> None:
    assert plain_tag(tag, previous) == expected


def test_klp_sentences_are_read_unchanged(tmp_path: Path) -> None:
    table = task().read([write_file(tmp_path, KLP)])
    first = table.iloc[0]
    assert table["line"].tolist() == [1, 12]
    assert first["text"] == "김하늘은 서울에 산다."
    assert first["tokens"] == ["김", "하늘", "은", "서울", "에", "살", "ㄴ다", "."]
    assert first["words"] == [1, 1, 1, 2, 2, 3, 3, 3]
    assert first["tags"] == ["B-PS", "I-PS", "O", "B-LC", "O", "O", "O", "O"]
    assert list(zip(first["starts"], first["ends"], first["types"], strict=True)) == [
        (0, 3, "PS"),
        (5, 7, "LC"),
    ]
    assert table.iloc[1]["starts"] == []
    assert table["aligned"].tolist() == [True, True]


def test_conll_tokens_are_joined_with_spaces(tmp_path: Path) -> None:
    table = task(layout="conll", types=("PER", "LOC")).read([write_file(tmp_path, CONLL)])
    assert table["line"].tolist() == [3, 9]
    assert table["text"].tolist() == ["Anna Berg visited Oslo .", "It rained"]
    assert table.iloc[0]["pos"] == ["NNP", "NNP", "VBD", "NNP", "."]
    assert table.iloc[0]["tags"] == ["B-PER", "I-PER", "O", "B-LOC", "O"]
    assert table.iloc[0]["ends"] == [9, 22]


@pytest.mark.parametrize("change", ["bom", "crlf", "decomposed", "no last newline"])
def test_variants_of_encoding_are_read_the_same(tmp_path: Path, change: str) -> None:
    raw = {
        "bom": b"\xef\xbb\xbf" + KLP.encode(),
        "crlf": KLP.replace("\n", "\r\n").encode(),
        "decomposed": unicodedata.normalize("NFD", KLP).encode(),
        "no last newline": KLP.rstrip("\n").encode(),
    }[change]
    plain = sentences(write_file(tmp_path, KLP), "klp")
    assert raw != KLP.encode()
    assert sentences(write_file(tmp_path, raw, "other.txt"), "klp") == plain


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "corpus.txt: contains no sentence"),
        (b"\n \n\n", "corpus.txt: contains no sentence"),
        (KLP.encode("cp949", errors="replace"), r"corpus.txt:1: byte 0x\w\w is not UTF-8"),
        (KLP[:-12].encode(), "corpus.txt:17: not index, token"),
        ("; 산다.\n1 살\tVV\tO\n".encode(), "corpus.txt:2: not index, token"),
        ("; 산다.\n1\t살\tVV\tO\tO\n".encode(), "corpus.txt:2: not index, token"),
        ("; 산다.\n하나\t살\tVV\tO\n".encode(), "corpus.txt:2: not index, token"),
        ("; 산다.\n1\t\tVV\tO\n".encode(), "corpus.txt:2: not index, token"),
        ("; 산다.\n$산다.\n".encode(), "corpus.txt:1: a sentence has no tokens"),
        ("1\t살\tVV\tO\n".encode(), "corpus.txt:1: a sentence does not start with `;`"),
    ],
    ids=[
        "empty", "blank", "wrong encoding", "cut short", "three columns", "five columns",
        "index is no number", "empty token", "empty sentence", "no text",
    ],
)  # fmt: skip
def test_an_invalid_file_is_refused_with_its_line(tmp_path: Path, raw: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        sentences(write_file(tmp_path, raw), "klp")


def test_a_conll_line_with_missing_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"corpus.txt:4: not the 3 columns of its sentence: 'Berg I-PER'"):
        sentences(write_file(tmp_path, CONLL.replace("Berg NNP", "Berg")), "conll")


def test_a_sentence_of_ten_thousand_tokens_is_read(tmp_path: Path) -> None:
    block = "; " + "말 " * 10_000 + "\n" + "".join(f"{i + 1}\t말\tNNG\tO\n" for i in range(10_000))
    (sentence,) = sentences(write_file(tmp_path, block), "klp")
    assert len(sentence.tokens) == 10_000


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6)
TYPES = st.sampled_from(["OG", "PS"])


@st.composite
def tokens(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    rows, inside = [], False
    for _ in range(draw(st.integers(1, 6))):
        tag = draw(st.sampled_from(["O", "B", "I"] if inside else ["O", "B"]))
        inside = tag != "O"
        rows.append((draw(CELL), draw(CELL), f"B_{draw(TYPES)}" if tag == "B" else tag))
    return rows


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(tokens(), min_size=1, max_size=4))
def test_every_valid_corpus_is_read_back(tmp_path: Path, corpus: list[list[tuple[str, str, str]]]) -> None:
    blocks = [
        "; x\n" + "".join(f"{i}\t{form}\t{pos}\t{tag}\n" for i, (form, pos, tag) in enumerate(rows))
        for rows in corpus
    ]
    found = sentences(write_file(tmp_path, "\n".join(blocks)), "klp")
    assert [len(s.tokens) for s in found] == [len(rows) for rows in corpus]
    for sentence, rows in zip(found, corpus, strict=True):
        assert [tag[0] for tag in sentence.tags] == [tag[0] for *_, tag in rows]
        assert all(len(tag) == 4 for tag in sentence.tags if tag != "O")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(tmp_path: Path, raw: bytes) -> None:
    for layout in ("klp", "conll"):
        try:
            found = sentences(write_file(tmp_path, raw), layout)
        except DataError as refusal:
            assert str(refusal).startswith("corpus.txt")
        else:
            assert all(isinstance(s, Sentence) and s.tokens for s in found)


def test_an_index_of_thousands_of_digits_is_refused(tmp_path: Path) -> None:
    path = write_file(tmp_path, f"; x\n{'9' * 5_000}\tx\tNNG\tO\n")
    with pytest.raises(DataError, match=r":2: not index, token, part of speech and tag"):
        sentences(path, "klp")
