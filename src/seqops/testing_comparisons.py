"""Comparisons of splits and predictions, for the requirements on tasks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqops.core.ragged import Ragged, Split


def some(split: Split, n: int = 5) -> Split:
    """Return the first rows of a split."""
    return split.take(np.arange(min(n, len(split))))


def assert_equal(ours: dict[str, Split], theirs: dict[str, Split]) -> None:
    """Compare splits, name by name and byte by byte."""
    assert set(ours) == set(theirs)
    for name, split in ours.items():
        assert set(split.columns) == set(theirs[name].columns)
        for column, values in split.columns.items():
            for part in ("values", "offsets") if isinstance(values, Ragged) else ("",):
                ours_, theirs_ = (getattr(v, part, v) for v in (values, theirs[name].columns[column]))
                np.testing.assert_array_equal(ours_, theirs_, err_msg=f"{name} {column} {part}")


def assert_close(ours: Any, theirs: Any) -> None:
    """Compare nested lists of numbers to within float32 rounding, all else exactly."""
    if isinstance(ours, (list, tuple, np.ndarray)):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_close(a, b)
    elif isinstance(ours, (float, np.floating)):
        assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-4)
    elif isinstance(ours, dict):
        assert_close(sorted(ours.items()), sorted(theirs.items()))
    else:
        assert ours == theirs
