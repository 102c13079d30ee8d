"""Pretrained word vectors: the formats, and the errors in invalid lines."""

import numpy as np
import pytest
from sentiment_task import write_file

from seqops.core.errors import DataError
from seqops.tasks.sentiment.data.word_vectors import read_vectors, rows_of

WORDS = ["<pad>", "<unk>", "film", "good"]
PLAIN = "the 1 2 3\ngood 0.5 -1 2.25\nfilm 0 0 1\ngood 9 9 9\n"


@pytest.mark.parametrize("content", [PLAIN, "4 3\n" + PLAIN, PLAIN.replace("\n", " \n"), "\ufeff" + PLAIN])
def test_glove_word2vec_and_fasttext_files_are_read_the_same(tmp_path, content):
    found = read_vectors(write_file(tmp_path / "v.txt", content), WORDS)
    assert (found["places"], found["dimension"]) == ([2, 3], 3)
    np.testing.assert_array_equal(rows_of(found), [[0, 0, 1], [0.5, -1, 2.25]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PLAIN + "bad 1 2\n", r"v\.txt:5: 2 numbers, but the first word has 3"),
        ("good 1 2 x\n", r"v\.txt:1: not numbers: '1 2 x'"),
        ("4 3\ngood 1 nan 2\n", r"v\.txt:2: a number is not finite"),
        ("good 1 1e30 2\n", r"v\.txt:1: a number is not finite or exceeds"),
        ("the 1 2 3\n", r"v\.txt: the file has none of the words of the training texts"),
        (b"good 1 2 3\n\xff 1 2 3\n", r"v\.txt:2: not UTF-8"),
        (b"\xff 1 2 3\n", r"v\.txt:1: not UTF-8"),
    ],
)
def test_invalid_lines_are_refused_with_their_number(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_vectors(write_file(tmp_path / "v.txt", content), WORDS)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(DataError, match=r"v\.txt: no such file\. Set data\.vectors to a file"):
        read_vectors(tmp_path / "v.txt", WORDS)
