"""The file of vectors and the picture: what the sentiment task reads back, and equal bytes."""

import numpy as np

from seqops.tasks.sentiment.data.word_vectors import read_vectors, rows_of
from seqops.word_vectors.picture import draw_words, plane
from seqops.word_vectors.skip_gram import WordVectors
from seqops.word_vectors.vector_file import write_vectors

FOUND = WordVectors(
    ["a", "b", "c d"], np.array([9, 8, 7]), np.array([[1, -0.5], [0.25, 2], [3, 3]], np.float32)
)


def test_the_sentiment_task_reads_the_file(tmp_path):
    write_vectors(tmp_path / "v.vec", FOUND)
    assert (tmp_path / "v.vec").read_text("utf-8") == "2 2\na 1.00000 -0.50000\nb 0.25000 2.00000\n"
    read = read_vectors(tmp_path / "v.vec", ["<pad>", "<unk>", "b", "a"])
    assert (read["places"], read["dimension"]) == ([2, 3], 2)
    np.testing.assert_array_equal(rows_of(read), [[0.25, 2], [1, -0.5]])


def test_points_on_a_line_lie_on_the_first_axis():
    points = plane(np.array([[0, 0, 0], [1, 2, 2], [3, 6, 6]], np.float32))
    np.testing.assert_allclose(points, [[-4, 0], [-1, 0], [5, 0]], atol=1e-6)


def test_one_dimension_less_than_two_is_drawn_as_zero():
    np.testing.assert_allclose(plane(np.array([[1, 1]], np.float32)), [[0, 0]])


def test_equal_words_give_equal_pictures(tmp_path):
    pictures = [tmp_path / "1.png", tmp_path / "new" / "2.png"]
    for picture in pictures:
        assert draw_words(picture, FOUND, [["a", "b"], ["b", "c d"]])
    first, second = (picture.read_bytes() for picture in pictures)
    assert first.startswith(b"\x89PNG")
    assert first == second


def test_letters_that_no_font_has_are_reported(tmp_path):
    found = WordVectors(["\U000f0000", "b"], np.array([9, 8]), np.eye(2, dtype=np.float32))
    assert not draw_words(tmp_path / "p.png", found, [found.words])
