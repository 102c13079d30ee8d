"""Memory of the training on many series."""

import sys

import panel_size
import pytest


@pytest.mark.scale
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says the own memory of a process")
def test_twice_as_many_series_need_hardly_more_memory_of_their_own(tmp_path):
    sizes = []
    for series in (3000, 6000):
        root = panel_size.project(tmp_path / str(series), series)
        found = {stage: panel_size.measured(root, stage) for stage in panel_size.STAGES}
        sizes.append(found["train"][2])
    assert sizes[1] < 1.1 * sizes[0], sizes
