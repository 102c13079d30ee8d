"""Tensors are read as the format says; a damaged or hostile file is refused in words."""

import json

import numpy as np
import pytest

from seqops.core.errors import DataError
from seqops.preprocessing.safetensors import read_safetensors


def file_of(header, data=b"", size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if size is None else size).to_bytes(8, "little") + text + data


def entry(dtype, shape, start, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_tensors_are_read_by_name_type_and_shape():
    numbers = np.array([[1.5, -2.0], [0.25, 8.0]], "<f4")
    # 1.0 and -2.0 in bfloat16 are the upper halves of their float32
    data = numbers.tobytes() + b"\x80\x3f\x00\xc0" + np.array([7], "<i8").tobytes()
    header = {
        "__metadata__": {"format": "pt"},
        "a": entry("F32", [2, 2], 0, 16),
        "b": entry("BF16", [2], 16, 20),
        "c": entry("I64", [], 20, 28),
    }
    found = read_safetensors(file_of(header, data), "x")
    assert [*found] == ["a", "b", "c"]
    np.testing.assert_array_equal(found["a"], numbers)
    assert found["b"].tolist() == [1.0, -2.0] and found["b"].dtype == np.float32
    assert found["c"].shape == () and found["c"] == 7


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x: has no header"),
        (b"\x05\x00", "has no header"),
        (file_of({}, size=1 << 60), "has no header"),
        (file_of(b"{{"), "its header is not JSON"),
        (file_of(b"[" * 5000), "its header is not JSON"),
        (file_of(b"[1]"), "its header is not a mapping"),
        (
            file_of({"a": entry("F32", [2], 0, 4)}, bytes(8)),
            "the tensor 'a' has an unknown type or a wrong size",
        ),
        (file_of({"a": entry("F32", [1], 8, 12)}, bytes(8)), "the tensor 'a'"),
        (file_of({"a": entry("F32", [-1, -1], 0, 4)}, bytes(8)), "the tensor 'a'"),
        (file_of({"a": entry("object", [1], 0, 8)}, bytes(8)), "the tensor 'a'"),
        (file_of({"a": 3}), "the tensor 'a'"),
        (file_of({"a": {"dtype": "F32", "shape": "2", "data_offsets": None}}), "the tensor 'a'"),
    ],
)
def test_a_damaged_file_is_refused(content, message):
    with pytest.raises(DataError, match=message):
        read_safetensors(content, "x")
