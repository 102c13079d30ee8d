import numpy as np
import pytest

from seqops.core.array_cache import ArrayCache


@pytest.fixture
def counted():
    def compute():
        compute.calls += 1
        return {"a": np.arange(3), "text": np.array("said")}

    compute.calls = 0
    return compute


def test_what_was_computed_is_read_the_second_time(tmp_path, counted):
    for _ in range(2):
        found = ArrayCache(tmp_path).get({"key": 1}, counted)
        assert found["a"].tolist() == [0, 1, 2]
        assert str(found["text"]) == "said"
    assert counted.calls == 1
    ArrayCache(tmp_path).get({"key": 2}, counted)
    assert counted.calls == 2


@pytest.mark.parametrize("damage", [lambda b: b[:-30], lambda b: b"", lambda b: b.replace(b"\1\0", b"\7\0")])
def test_a_corrupt_entry_is_computed_again_and_replaced(tmp_path, counted, damage):
    ArrayCache(tmp_path).get({}, counted)
    (entry,) = tmp_path.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert entry.read_bytes() != whole
    assert ArrayCache(tmp_path).get({}, counted)["a"].tolist() == [0, 1, 2]
    assert counted.calls == 2
    ArrayCache(tmp_path).get({}, counted)
    assert counted.calls == 2


def test_without_a_folder_nothing_is_kept(counted):
    for _ in range(2):
        ArrayCache().get({}, counted)
    assert counted.calls == 2
