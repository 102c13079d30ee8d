"""CoNLL columns as corpora have them: comments, documents, running numbers, schemes of tags, characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from korean import task, write_file

from seqops.core.errors import DataError
from seqops.preprocessing.row_keys import fitted_keys, with_known_key
from seqops.preprocessing.tag_schemes import is_tag, to_iob2
from seqops.tasks.ner.data.reader import sentences
from seqops.tasks.ner.data.sentence import Sentence

PLAIN = "Kappa B-ORG\nLabs I-ORG\nopened O\n\nLund B-LOC\n"
TAGS = [["B-ORG", "I-ORG", "O"], ["B-LOC"]]


def read(folder: Path, text: str) -> list[Sentence]:
    return sentences(write_file(folder, text), "conll")


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "-DOCSTART- O\nKappa B-ORG\nLabs I-ORG\nopened O\n-DOCSTART- O\nLund B-LOC\n",
        "# id 3f domain=en\nKappa B-ORG\nLabs I-ORG\nopened O\n\n# id 4f domain=en\nLund B-LOC\n",
        "## id\t<Kappa:ORG> opened\nKappa\tB-ORG\nLabs\tI-ORG\nopened\tO\n\nLund\tB-LOC\n",
        "Kappa B-ORG \nLabs I-ORG  \nopened O \n\nLund B-LOC \n",
        "Kappa    B-ORG\nLabs     I-ORG\nopened   O\n\nLund     B-LOC\n",
        "Kappa\t\tB-ORG\nLabs\t\t\tI-ORG\nopened\tO\n\nLund\tB-LOC\n",
        "1 Kappa N B-ORG\n2 Labs N I-ORG\n3 opened V O\n\n1 Lund N B-LOC\n",
        "token\tner_tag\nKappa\tB-ORG\nLabs\tI-ORG\nopened\tO\n\nLund\tB-LOC\n",
        "Word Tag\n\nKappa B-ORG\nLabs I-ORG\nopened O\n\nLund B-LOC\n",
        "0\tKappa\tN\tB-ORG\n1\tLabs\tN\tI-ORG\n2\topened\tV\tO\n\n0\tLund\tN\tB-LOC\n",
        "1-2 KappaLabs _ O\n1 Kappa N B-ORG\n2 Labs N I-ORG\n3 opened V O\n\n1 Lund N B-LOC\n",
        "d1 Kappa N B-ORG\nd1 Labs N I-ORG\nd1 opened V O\n\nd2 Lund N B-LOC\n",
        "7 Kappa N B-ORG\n7 Labs N I-ORG\n7 opened V O\n\n8 Lund N B-LOC\n",
        "b/1 0 0 Kappa N B-ORG\nb/1 0 1 Labs N I-ORG\nb/1 0 2 opened V O\n\nb/1 0 0 Lund N B-LOC\n",
        "# so said O\nKappa B-ORG\nLabs I-ORG\nopened O\n\n# they O\nLund B-LOC\n",
        "# O\nKappa\tB-ORG\nLabs\tI-ORG\nopened\tO\n\n# newdoc = O\n\nLund\tB-LOC\n",
        "Kappa I-ORG\nLabs I-ORG\nopened O\n\nLund I-LOC\n",
        "Kappa B-ORG\nLabs E-ORG\nopened O\n\nLund S-LOC\n",
        "Kappa B-ORG\nLabs L-ORG\nopened O\n\nLund U-LOC\n",
        "Kappa B_ORG\nLabs E_ORG\nopened O\n\nLund S_LOC\n",
    ],
    ids=[
        "plain", "documents", "comments", "comments with tabs", "blanks at the end", "aligned by spaces",
        "aligned by tabs", "numbered", "header", "header with a blank line", "numbered from 0",
        "ranges of CoNLL-U", "documents first", "numbers of documents first", "OntoNotes",
        "comments that end in a tag", "comments without tabs", "IOB1", "BIOES",
        "BILOU", "underscores",
    ],
)  # fmt: skip
def test_every_variant_is_read_as_the_plain_file(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert [sentence.tokens for sentence in found] == [["Kappa", "Labs", "opened"], ["Lund"]]
    assert [sentence.tags for sentence in found] == TAGS
    assert [sentence.text for sentence in found] == ["Kappa Labs opened", "Lund"]


def test_a_number_sign_with_a_tag_is_a_token(tmp_path: Path) -> None:
    (sentence,) = read(tmp_path, "# O\n#Lund B-LOC\nrocks O\n")
    assert sentence.tokens == ["#", "#Lund", "rocks"]


def test_a_token_with_a_no_break_space_is_read_between_tabs(tmp_path: Path) -> None:
    (sentence,) = read(tmp_path, "10\xa0000\tNUM\tO\nLund\tNNP\tB-LOC\n")
    assert sentence.tokens == ["10\xa0000", "Lund"]
    assert sentence.pos == ["NUM", "NNP"]


def test_the_second_of_two_entities_in_iob1_begins_with_b(tmp_path: Path) -> None:
    (sentence,) = read(tmp_path, "Ann I-PER\nBob B-PER\nLee I-PER\nLund I-LOC\n")
    assert sentence.tags == ["B-PER", "B-PER", "I-PER", "B-LOC"]
    assert sentence.scheme == "IOB1"


@pytest.mark.parametrize(
    "tags", [["B-X", "O", "I-X"], ["B-X", "E-X", "E-X"], ["B-X", "E-Y"], ["S-X", "I-X"], ["X"], ["E-X"]]
)
def test_tags_that_are_valid_in_no_scheme_stay_as_they_are(tags: list[str]) -> None:
    assert to_iob2([tags]) == ([tags], "IOB2")


@pytest.mark.parametrize(
    ("text", "expected"), [("O", True), ("B-X", True), ("domain=en", False), ("0", False)]
)
def test_tags_are_told_from_other_words(text: str, expected: bool) -> None:
    assert is_tag(text) == expected


@pytest.mark.parametrize("text", ["1 B-PER\n2 O\n", "7 NUM O\n9 NUM O\n"])
def test_a_first_column_of_numbers_alone_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        DataError, match=r"corpus.txt:1: the first column, that of the tokens, has nothing but"
    ):
        read(tmp_path, text)


def test_a_first_column_that_is_the_same_in_all_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"corpus.txt:1: the first column, .* is the same in all lines"):
        read(tmp_path, "d1 B-ORG\nd1 I-ORG\nd1 O\n\nd1 O\n")
    (again,) = read(tmp_path, "no UH O\nno UH O\n")
    assert again.tokens == ["no", "no"]


@pytest.mark.parametrize("last", ["d1", "B-1"])
def test_a_last_column_that_is_the_same_in_all_lines_is_refused_for_one_of_tags(tmp_path, last) -> None:
    with pytest.raises(DataError, match=r"corpus.txt:1: the last column .* same .*, and column 3 has tags"):
        read(tmp_path, f"Kappa N B-ORG {last}\nLabs N I-ORG {last}\nopened V O {last}\n")
    (sentence,) = read(tmp_path, "Kappa N O\nLabs N O\nopened V O\n")
    assert sentence.tags == ["O"] * 3


@pytest.mark.parametrize("inner", ["O", "B-LOC"])
def test_two_columns_of_tags_of_entities_are_refused(tmp_path: Path, inner: str) -> None:
    text = f"1\tKappa\tB-ORG\tO\n2\tLund\tI-ORG\t{inner}\n3\topened\tO\tO\n\n1\tLund\tB-LOC\tO\n"
    with pytest.raises(DataError, match="column 3 has tags of entities, as the last one: of outer and inner"):
        read(tmp_path, text)


def test_a_file_without_entities_may_have_a_column_of_chunks(tmp_path: Path) -> None:
    (sentence,) = read(tmp_path, "The DT B-NP O\ncat NN I-NP O\nsleeps VBZ B-VP O\n")
    assert sentence.tags == ["O"] * 3


def test_single_characters_are_joined_without_spaces(tmp_path: Path) -> None:
    (chinese,) = read(tmp_path, "李\tB-PER\n明\tI-PER\n在\tO\n北\tB-LOC\n京\tI-LOC\n。\tO\n")
    assert chinese.text == "李明在北京。"
    assert chinese.words == [0] * 6
    (korean,) = read(tmp_path, "한\tB-OG\n빛\tI-OG\n \tO\n제\tB-LC\n주\tI-LC\n")
    assert korean.text == "한빛 제주"
    assert korean.words == [0, 0, 1, 1, 1]


def test_words_of_a_script_without_spaces_are_joined_without_spaces(tmp_path: Path) -> None:
    (sentence,) = read(tmp_path, "李明\tB-PER\n在\tO\n北京\tB-LOC\n")
    assert sentence.text == "李明在北京"


def test_the_characters_of_raw_text_are_tokens_with_offsets(tmp_path: Path) -> None:
    dataset = task(layout="conll", types=("OG", "LC"), tokenizer="character")
    table = dataset.read([write_file(tmp_path, "한\tB-OG\n빛\tI-OG\n \tO\n제\tB-LC\n주\tI-LC\n")])
    from seqops.tasks.ner.data.encoding import tokens_of

    (tokens,) = tokens_of(table, "raw", "character")
    assert tokens.forms == ["한", "빛", "제", "주"]
    assert tokens.offsets == [(0, 1), (1, 2), (3, 4), (4, 5)]
    assert tokens.words == [0, 0, 1, 1]
    assert list(zip(table["starts"][0], table["ends"][0], strict=True)) == [(0, 2), (3, 5)]


def test_the_number_of_sentences_and_a_conversion_are_said(tmp_path: Path) -> None:
    dataset = task(layout="conll", types=("ORG", "LOC"))
    table = dataset.read([write_file(tmp_path, "Kappa I-ORG\nLabs I-ORG\n\nLund I-LOC\n")]).assign(entities=1)
    assert dataset.remarks(table) == ["2 sentences with 2 entities", "tags in IOB1 were converted to IOB2"]
    characters = dataset.read([write_file(tmp_path, "李\tB-LOC\n明\tO\n")]).assign(entities=1)
    assert "set data.tokenizer to character" in dataset.remarks(characters)[-1]


SENTENCES = ["Ann B-PER", "runs O", "Bob B-PER", "sits O"]


@pytest.mark.parametrize(
    "text",
    [
        "-DOCSTART- O\n\n{0}\n\n{1}\n\n-DOCSTART- O\n\n{2}\n\n{3}\n",
        "# newdoc id = a\n# sent_id = 1\n{0}\n\n{1}\n\n# newdoc id = b\n{2}\n\n{3}\n",
        "d1 {0}\nd1 now O\n\nd1 {1}\nd1 now O\n\nd2 {2}\nd2 now O\n\nd2 {3}\nd2 now O\n",
    ],
    ids=["marks", "comments", "a column"],
)
def test_sentences_of_one_document_are_resampled_together(tmp_path: Path, text: str) -> None:
    data = task(layout="conll", types=("PER",), tokenizer="whitespace")
    table = data.read([write_file(tmp_path, text.format(*SENTENCES))])
    assert table["document"].nunique() == 2
    assert groups(data, table) == [0, 0, 1, 1]


@pytest.mark.parametrize("text", ["-DOCSTART- O\n{0}\n\n{1}\n\n{2}\n\n{0}\n", "{0}\n\n{1}\n\n{2}\n\n{0}\n"])
def test_without_documents_equal_sentences_are_resampled_together(tmp_path: Path, text: str) -> None:
    data = task(layout="conll", types=("PER",), tokenizer="whitespace")
    table = data.read([write_file(tmp_path, text.format(*SENTENCES))])
    assert groups(data, table) == [0, 1, 2, 0]


def test_equal_documents_are_one_and_other_files_may_have_none(tmp_path: Path) -> None:
    data = task(layout="conll", types=("PER",), tokenizer="whitespace")
    ann, runs, bob, sits = SENTENCES
    marked = f"-DOCSTART- O\n{ann}\n\n{runs}\n\n-DOCSTART- O\n{bob}\n"
    files = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt")]
    for path, text in zip(files, (marked, marked, f"{sits}\n\n{sits}\n"), strict=True):
        path.write_text(text)
    assert groups(data, data.read(files)) == [0, 0, 1, 0, 0, 1, 2, 2]


def documents(count: int) -> list[str]:
    """Return documents of three sentences; the second one is in all of them."""
    sentences = ("Ann B-PER\nruns O\n{0} O", "it O\nrained O", "Bob B-PER\nsits O\n{0} O")
    return ["-DOCSTART- O\n\n" + "\n\n".join(sentences).format(i) + "\n\n" for i in range(count)]


def drawn(folder: Path, text: str, split: str = "documents"):
    data = task(layout="conll", types=("PER",), tokenizer="whitespace", split=split)
    table = data.read([write_file(folder, text)])
    checked = data.with_checked_columns(table)
    return data, checked, checked["split"].to_numpy("<U10")


def test_documents_are_drawn_whole_and_their_sentences_stay_out_of_training(tmp_path: Path) -> None:
    data, checked, split = drawn(tmp_path, "".join(documents(60)))
    names = split.reshape(60, 3)
    assert (names[:, 0] == names[:, 2]).all()
    assert {*names[:, 0]} == {"train", "validation", "test"}
    shared = names[:, 1]
    assert (shared[names[:, 0] == "test"] == "test").all()
    assert (shared[names[:, 0] != "test"] == "unused").all()
    left_out = int((names == "unused").sum())
    assert data.leakage(checked)["rows left out, whose text is in a held-out document"] == left_out > 0
    assert not checked["straddles"].any()
    assert data.remarks(checked)[0] == "180 sentences with 120 entities in 60 documents"


def test_documents_keep_their_split_when_others_come_before_or_after(tmp_path: Path) -> None:
    parts = documents(60)
    first = [part.replace("Ann B-PER", "Eve B-PER") for part in parts[:9]]
    one = "-DOCSTART- O\n\nGil B-PER\nruns O\n\n"
    _, _, before = drawn(tmp_path, "".join(parts))
    _, _, after = drawn(tmp_path, "".join([*first, one, *parts[::-1]]))
    assert (before.reshape(60, 3)[:, 0] == after[28:].reshape(60, 3)[::-1, 0]).all()


@pytest.mark.parametrize("split", ["grouped", "near"])
def test_other_splits_do_not_depend_on_the_documents(tmp_path: Path, split: str) -> None:
    marked = "".join(documents(60))
    names = drawn(tmp_path, marked, split)[2]
    assert names.tolist() == drawn(tmp_path, marked.replace("-DOCSTART- O\n\n", ""), split)[2].tolist()
    assert "unused" not in names


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("".join(documents(29)), "29 documents are too few to be drawn whole: at least 30 are needed"),
        ("".join(documents(40)).replace("-DOCSTART- O\n\n", ""), "the files have none: no -DOCSTART-"),
    ],
)
def test_documents_that_cannot_be_drawn_are_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        drawn(tmp_path, text)


def test_validation_documents_are_drawn_from_the_training_file(tmp_path: Path) -> None:
    paths = [tmp_path / split / "a.txt" for split in ("train", "test")]
    for path, parts in zip(paths, (documents(60), documents(3)), strict=True):
        path.parent.mkdir()
        path.write_text("".join(parts))
    data = task(layout="conll", types=("PER",), tokenizer="whitespace", split="documents")
    table = data.read(paths)
    names = data.assign_splits(table).reshape(63, 3)
    assert (names[60:] == "test").all()
    assert {*names[:60, 0]} == {"train", "validation"}
    assert (names[:60, 1] == np.where(names[:60, 0] == "validation", "validation", "unused")).all()


def test_a_model_knows_all_sentences_of_a_document_it_was_fitted_on(tmp_path: Path) -> None:
    data, checked, split = drawn(tmp_path, "".join(documents(60)))
    encoded = data.encode(checked, split, data.fit_encoding(checked, split))
    first = split.reshape(60, 3)[:, 0]
    rows = data.encode(checked, np.full(len(split), "test"), data.fit_encoding(checked, split))["test"]
    known = with_known_key(rows, fitted_keys(encoded)).reshape(60, 3)
    assert (known == (first != "test")[:, None]).all()


@pytest.mark.parametrize(("columns", "found"), [("d{0} {1}", 2), ("{1} d{0}", 2), ("{1}", 0)])
def test_the_document_is_the_column_whose_values_recur(tmp_path: Path, columns: str, found: int) -> None:
    rows = [columns.format(i // 2, f"s{i}") for i in range(4)]
    text = "".join(f"{row} {name} B-PER\n{row} now O\n\n" for row, name in zip(rows, "abcd", strict=True))
    assert len({sentence.document for sentence in read(tmp_path, text)} - {""}) == found


def groups(data, table):
    split = np.full(len(table), "train")
    encoded = data.encode(table, split, data.fit_encoding(table, split))
    return encoded["train"].plain("group").tolist()
