"""Files of `torch.save` are read without torch, and nothing that they name is called."""

import collections
import pickle
import sys
import types

import numpy as np
import pytest

from seqops.core.errors import DataError
from seqops.preprocessing.torch_tensors import MAGIC, read_torch

MODULES = {"torch": ("FloatStorage", "LongStorage"), "torch._utils": ("_rebuild_tensor_v2",)}


class Stored:
    """What `torch.save` writes of a tensor: its storage, offset, shape and strides."""

    def __init__(self, key, numbers, offset, shape, strides, count=None):
        self.numbers, self.place = numbers, (offset, shape, strides)
        self.persistent = ("storage", key, count or len(numbers))

    def __reduce__(self):
        grad, hooks = False, collections.OrderedDict()
        torch, utils = sys.modules["torch"], sys.modules["torch._utils"]
        kind, key, count = self.persistent
        named = torch.FloatStorage if self.numbers.dtype == np.float32 else torch.LongStorage
        storage = Persistent((kind, named, key, "cpu", count, None))
        return utils._rebuild_tensor_v2, (storage, *self.place, grad, hooks)


class Persistent:
    def __init__(self, value):
        self.value = value


class Pickler(pickle._Pickler):
    def persistent_id(self, found):
        return found.value if isinstance(found, Persistent) else None


@pytest.fixture
def saved(monkeypatch, tmp_path):
    """Write a state as `torch.save` did before version 1.6; return the content."""
    for module, names in MODULES.items():
        made = types.ModuleType(module)
        for name in names:
            function = types.FunctionType((lambda: None).__code__, {}, name)
            function.__module__, function.__qualname__ = module, name
            setattr(made, name, function)
        monkeypatch.setitem(sys.modules, module, made)

    def saved(state, magic=MAGIC):
        path = tmp_path / "weights.pth"
        keys = {each.persistent[1]: each.numbers for each in state.values() if isinstance(each, Stored)}
        with path.open("wb") as file:
            for value in (magic, 1001, {"little_endian": True}, state, [*keys]):
                Pickler(file, protocol=2).dump(value)
            for numbers in keys.values():
                file.write(len(numbers).to_bytes(8, "little") + numbers.tobytes())
        return path.read_bytes()

    return saved


def numbers(count):
    return np.arange(count, dtype=np.float32)


def test_tensors_are_views_of_storages_that_they_may_share(saved):
    shared = numbers(6)
    state = collections.OrderedDict(
        whole=Stored("1", shared, 0, (2, 3), (3, 1)),
        turned=Stored("1", shared, 0, (3, 2), (1, 3)),
        last=Stored("1", shared, 4, (2,), (1,)),
        steps=Stored("2", np.array([7], np.int64), 0, (), ()),
    )
    state.versions = {"": 1}
    found = read_torch(saved(state), "weights.pth")
    assert {key: array.tolist() for key, array in found.items()} == {
        "whole": [[0, 1, 2], [3, 4, 5]],
        "turned": [[0, 3], [1, 4], [2, 5]],
        "last": [4, 5],
        "steps": 7,
    }
    assert found["steps"].dtype == np.int64


class Called:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize(
    "state",
    [
        {"a": Called()},
        {"a": 1},
        {"a": Stored("1", numbers(3), 0, (4,), (1,))},
        {"a": Stored("1", numbers(3), 2, (2,), (1,))},
        {"a": Stored("1", numbers(3), -1, (2,), (1,))},
        {"a": Stored("1", numbers(3), 0, (2, 2), (-1, 1))},
        {"a": Stored("1", numbers(3), 0, (10**9, 10**9), (0, 0))},
        {"a": Stored("1", numbers(3), 0, (3,), (1,), count=4)},
    ],
)
def test_other_contents_and_views_beyond_their_storage_are_refused(saved, state, capsys):
    with pytest.raises(DataError, match=r"weights\.pth: not a readable file of tensors\. It is damaged"):
        read_torch(saved(state), "weights.pth")
    assert capsys.readouterr().out == ""


def test_a_damaged_file_is_refused_or_read(saved):
    content = saved({"a": Stored("1", numbers(3), 0, (3,), (1,))})
    rng = np.random.default_rng(0)
    for place in range(len(content)):
        with pytest.raises(DataError):
            read_torch(content[:place], "cut")
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        try:
            assert [len(array) for array in read_torch(bytes(changed), "flipped").values()] in ([], [3])
        except DataError:
            continue
    with pytest.raises(DataError):
        read_torch(saved({}, magic=1), "other")
