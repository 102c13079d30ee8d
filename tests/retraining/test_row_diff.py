"""Rows added, removed and altered, compared by content and not by position."""

import numpy as np
import pandas as pd
import pytest

from seqops.retraining.row_diff import diff_rows


def table(*texts):
    return pd.DataFrame({"line": range(1, len(texts) + 1), "text": list(texts)})


@pytest.mark.parametrize(
    ("before", "now", "counts", "new"),
    [
        ("ab", "ab", (0, 0, 0), [0, 0]),
        ("ab", "abc", (1, 0, 0), [0, 0, 1]),
        ("ab", "cab", (1, 0, 0), [1, 0, 0]),
        ("abc", "ac", (0, 1, 0), [0, 0]),
        ("abc", "axc", (0, 0, 1), [0, 1, 0]),
        ("abc", "cba", (0, 0, 0), [0, 0, 0]),
        ("aab", "ab", (0, 1, 0), [0, 0]),
        ("ab", "aab", (1, 0, 0), [0, 1, 0]),
        ("", "ab", (2, 0, 0), [1, 1]),
        ("abc", "axcd", (1, 0, 1), [0, 1, 0, 1]),
    ],
)
def test_rows_are_compared_by_content(before, now, counts, new):
    found = diff_rows(table(*before), table(*now))
    assert (found.added, found.removed, found.altered) == counts
    assert found.new.tolist() == [bool(n) for n in new]
    assert bool(found) == any(counts)


def test_lists_and_missing_values_are_compared():
    before = pd.DataFrame({"line": [1, 2], "words": [["a", "b"], ["c"]], "x": [1.0, np.nan]})
    now = pd.DataFrame({"line": [1, 2], "words": [["a", "b"], ["d"]], "x": [1.0, np.nan]})
    assert diff_rows(before, before).summary() == "no row changed"
    assert diff_rows(before, now).summary() == "rows: 1 altered"


def test_the_summary_counts_added_and_altered_rows():
    assert diff_rows(table(*"abc"), table(*"axde")).summary() == "rows: 1 added, 2 altered"
