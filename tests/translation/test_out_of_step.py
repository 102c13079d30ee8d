"""Parallel files of which one lacks a line."""

import numpy as np
import pytest

from seqops.core.errors import DataError
from seqops.tasks.translation.data.out_of_step import out_of_step
from seqops.tasks.translation.data.reader import read_pairs


def pairs(count, seed=0):
    """Return texts of 5 to 80 characters, and translations that are longer by 10 to 50 %."""
    draw = np.random.default_rng(seed)
    lengths = np.exp(draw.uniform(np.log(5), np.log(80), count))
    return ["x" * int(n) for n in lengths], ["y" * int(n * draw.uniform(1.1, 1.5)) for n in lengths]


def test_lines_are_out_of_step_from_the_first_lost_line_on():
    sources, targets = pairs(400)
    assert out_of_step(sources, targets) is None
    # line 101 is lost on one side, line 301 on the other
    assert out_of_step(sources[:100] + sources[101:], targets[:300] + targets[301:]) == (101, 102)
    assert out_of_step(sources[:300] + sources[301:], targets[:100] + targets[101:]) == (102, 101)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_up_to_three_lines_may_be_lost(lost):
    sources, targets = pairs(100)
    assert out_of_step(sources[lost:], targets[:-lost]) == (1, 1 + lost)
    assert out_of_step(sources[:-lost], targets[lost:]) == (1 + lost, 1)


def test_texts_whose_lengths_have_nothing_in_common_are_not_out_of_step():
    for seed in range(50):
        assert out_of_step(pairs(300, seed)[0], pairs(300, seed + 1000)[1]) is None


@pytest.mark.parametrize("count", [1, 2, 59])
def test_a_few_lines_do_not_show_it(count):
    sources, targets = pairs(count + 1)
    assert out_of_step(sources[1:], targets[:-1]) is None


def test_equal_lines_do_not_show_it():
    assert out_of_step(["a"] * 100, ["b"] * 100) is None


def test_the_error_names_both_lines(tmp_path):
    sources, targets = pairs(200)
    source, target = tmp_path / "corpus.en", tmp_path / "corpus.fr"
    source.write_text("\n".join(sources[1:]))
    target.write_text("\n".join(targets[:-1]))
    expected = r"corpus\.fr: from line 2 on it is out of step.*those of corpus\.en from line 1 on"
    with pytest.raises(DataError, match=expected):
        read_pairs([source, target], 0, 1)
    source.write_text("\n".join(sources))
    target.write_text("\n".join(targets))
    assert len(read_pairs([source, target], 0, 1)) == 200
