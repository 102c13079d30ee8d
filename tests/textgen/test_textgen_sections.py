"""Sections: where they begin, splits along their borders, and passages that end with them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from texts import VERSE, task, write_file

from parts import evaluation_of, metrics_of
from seqops.core.errors import ConfigError, DataError
from seqops.params import Params
from seqops.tasks.textgen.data import sections

PARAMS = Path(__file__).parents[2] / "params.yaml"


def table_of(lines: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines})


def book(chapters: int, lines: int = 3) -> list[str]:
    """Return chapters of equal length: a heading of 10 characters, and lines of 25."""
    named = [
        [f"Chapter {n}\n".rjust(10), *["the cat sat on the mat .\n"] * lines] for n in range(1, chapters + 1)
    ]
    return [line for chapter in named for line in chapter]


def test_a_section_begins_with_a_line_that_begins_with_the_pattern():
    lines = ["Preface\n", "see Chapter 1\n", "Chapter 1\n", "text\n", "chapter 2\n", "Act I\n"]
    numbers = sections.section_of(table_of(lines), "Chapter|Act")
    assert numbers.tolist() == [0, 0, 1, 1, 1, 2]
    assert sections.section_of(table_of(lines), "(?i)chapter|act").tolist() == [0, 0, 1, 1, 2, 3]
    assert sections.section_of(table_of(lines), r"(Chapter|Act) [IVX]+\b").tolist() == [0, 0, 0, 0, 0, 1]


def test_the_rest_of_a_long_line_begins_no_section_and_a_file_does(tmp_path):
    files = [
        write_file(tmp_path, "x" * 1000 + "Chapter\none\n", "1.txt"),
        write_file(tmp_path, "two\n", "2.txt"),
    ]
    table = task().read(files)
    assert table["text"].tolist() == ["x" * 1000, "Chapter\n", "one\n", "two\n"]
    assert sections.section_of(table, "Chapter").tolist() == [0, 0, 0, 1]


def test_splits_are_cut_at_the_nearest_borders():
    # ten chapters: 80 % and 90 % of the text are borders; the shares below come near them
    made = task(section="Chapter| +Chapter", validation=0.12, test=0.08)
    split = made.assign_splits(table_of(book(10)))
    assert split.tolist() == ["train"] * 32 + ["validation"] * 4 + ["test"] * 4
    split = made.assign_splits(table_of(book(40)))
    assert [(split == name).sum() for name in ("train", "validation", "test")] == [32 * 4, 5 * 4, 3 * 4]


def test_every_split_has_a_section_however_small_its_share():
    split = task(section=" *Chapter", validation=0.2, test=0.2).assign_splits(table_of(book(3)))
    assert split.tolist() == ["train"] * 4 + ["validation"] * 4 + ["test"] * 4


@pytest.mark.parametrize(
    ("lines", "changed", "said"),
    [
        (book(2), {}, "the text has 2 of the 3 sections.*data.section"),
        ([VERSE], {}, "the text has 1 of the 3 sections"),
        (
            book(3),
            {"validation": 0.3, "test": 0.1},
            r"make the test split 33\.\d%.*instead of 10\.0%.*data\.test",
        ),
        (
            book(4),
            {"validation": 0.05, "test": 0.25},
            r"make the validation split 25\.\d%.*Set data\.validation",
        ),
        (["Chapter\n"] * 50, {}, "50 sections of 8 characters on average, less than the 20 of a passage"),
    ],
)
def test_a_pattern_that_cannot_split_the_text_is_refused(lines, changed, said):
    with pytest.raises(DataError, match=said):
        task(section=" *Chapter", **changed).split_and_encode(table_of(lines))


def test_passages_end_with_their_section_and_carry_its_number():
    made = task(section=" *Chapter", passage=30, validation=0.2, test=0.3)
    splits, meta = made.split_and_encode(table_of(book(10)))
    test = splits["test"]
    assert test.plain("group").tolist() == [7, 7, 7, 8, 8, 8, 9, 9, 9]
    assert splits["validation"].plain("group").tolist() == [5, 5, 5, 6, 6, 6]
    texts = test.ragged("text").texts()
    assert "".join(texts) == "".join(book(10)[-12:])
    assert [text.startswith(" Chapter") or text.startswith("Chapter") for text in texts] == [
        True,
        False,
        False,
    ] * 3
    # what precedes a section is still its context
    assert test.ragged("context").texts()[3].endswith("the mat .\n")
    assert test.plain("group").dtype.kind == "i"
    for baseline in evaluation_of(made).baselines(splits, meta):
        assert len(baseline.predicted) == len(test)


def test_without_a_pattern_there_are_no_groups():
    splits, _ = task().split_and_encode(table_of(book(10)))
    assert "group" not in splits["test"].columns


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "'\\(' is not a regular expression of RE2: missing \\)"),
        ("a)(b", "is not a regular expression of RE2: unexpected \\)"),
        ("(?=x)", "is not a regular expression of RE2: invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
        (".*", "'\\.\\*' matches an empty line. Give the words that begin a section"),
        ("Chapter|", "matches an empty line"),
        (3, "valid string"),
    ],
)
def test_a_wrong_pattern_is_refused_with_its_line(pattern, said):
    params = Params.load(PARAMS).with_values({"tasks.textgen.data.section": pattern})
    with pytest.raises(ConfigError, match=rf"params\.yaml:\d+: tasks\.textgen\.data\.section: .*{said}"):
        params.task("textgen")


def test_a_pattern_of_nested_repetitions_takes_linear_time():
    """`(a+)+$` on 1,000 letters would never end with a matcher that backtracks."""
    table = table_of(["a" * 999 + "!\n"] * 50)
    assert sections.section_of(table, "(a+)+$").tolist() == [0] * 50


def test_the_signature_says_what_the_interval_covers():
    def signature(section: str, rows: int) -> str:
        made = task(section=section, validation=0.2, test=0.3)
        splits, meta = made.split_and_encode(table_of(book(rows)))
        predicted = pd.DataFrame({"nats": np.ones(len(splits["test"]))})
        return metrics_of(made).score(predicted, splits["test"], meta)[0].signature

    assert signature(" *Chapter", 10).endswith("the interval is over the sections of the test text")
    assert "does not cover how much other parts of the text differ" in signature("", 10)


def test_blocks_are_the_longest_that_leave_twelve():
    made = task()
    splits, meta = made.split_and_encode(table_of(book(100, 6)))
    test = splits["test"]
    score = metrics_of(made).score(pd.DataFrame({"nats": np.ones(len(test))}), test, meta)[0]
    assert len(test) // score.block >= 12 > len(test) // (score.block + 1)
