"""Reading tensors of files of `torch.save`: the few operations of their pickles are read, not executed."""

from __future__ import annotations

import io
import math
import pickletools  # nosec B403
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError

MAGIC = 0x1950A86A20F9469CFC6C
"""The first number of a file that `torch.save` wrote before version 1.6."""
DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}
COUNT = 8
"""Bytes of the number of elements before those of each storage."""
FIX = "It is damaged, or not a file of weights that torch.save wrote before version 1.6: download it again."
BROKEN = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, MemoryError)


@dataclass(frozen=True)
class Name:
    """A function or a type that a pickle names, and that is not looked up."""

    module: str
    name: str


@dataclass(frozen=True)
class Storage:
    """The numbers that tensors share: their key in the file, type and count."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage; offset and strides in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


MARK = object()


def read_torch(content: bytes, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the tensors of a state by name; name: of the file, for errors.

    Raises DataError for a file that is damaged, or holds anything but named tensors. Format: `_legacy_save`
    of torch/serialization.py.
    """
    file = io.BytesIO(content)
    try:
        if _unpickled(file) != MAGIC:
            raise ValueError
        _version, _system = _unpickled(file), _unpickled(file)
        state, keys = _unpickled(file), _unpickled(file)
        used = {tensor.storage.key: tensor.storage for tensor in state.values()}
        numbers = {key: _numbers(file, used[key]) for key in keys}
        return {key: _array(tensor, numbers[tensor.storage.key]) for key, tensor in state.items()}
    except BROKEN:
        raise DataError(f"{name}: not a readable file of tensors. {FIX}") from None


def _numbers(file: io.BytesIO, storage: Storage) -> npt.NDArray[Any]:
    kind = np.dtype(storage.dtype)
    if int.from_bytes(file.read(COUNT), "little") != storage.count:
        raise ValueError
    return np.frombuffer(file.read(storage.count * kind.itemsize), kind, storage.count)


def _array(tensor: Tensor, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the elements of a tensor. Raises ValueError if they are not within its storage."""
    ends = [(n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True)]
    count = math.prod(tensor.shape)
    if min([*tensor.shape, *tensor.strides, tensor.offset, 0]) < 0 or count > len(numbers):
        raise ValueError
    if count and tensor.offset + sum(ends) >= len(numbers):
        raise ValueError
    strides = [step * numbers.itemsize for step in tensor.strides]
    start = numbers[tensor.offset :]
    return np.lib.stride_tricks.as_strided(start, tensor.shape, strides, writeable=False).copy()


def _unpickled(file: io.BytesIO) -> Any:
    """Read the next pickle. Raises ValueError for operations that no state of tensors has."""
    reader = _Reader()
    for operation, argument, _ in pickletools.genops(file):
        reader.read(operation.name, argument)
    [value] = reader.stack
    return value


class _Reader:
    """The stack and the memo of a pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def read(self, operation: str, argument: Any) -> None:
        """Apply one operation. Raises ValueError for one that is not known."""
        if operation in VALUES:
            self.stack.append(argument)
        elif operation in MADE:
            self.stack.append(MADE[operation]())
        elif operation == "GLOBAL":
            self.stack.append(Name(*argument.split(" ", 1)))
        elif operation in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif operation in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif operation in TAKEN:
            count, make = TAKEN[operation]
            taken = self._marked() if count is None else [self.stack.pop() for _ in range(count)][::-1]
            self.stack.append(make(taken))
        elif operation in ("SETITEM", "SETITEMS"):
            items = self._marked() if operation == "SETITEMS" else [self.stack.pop() for _ in range(2)][::-1]
            self.stack[-1].update(zip(items[::2], items[1::2], strict=True))
        elif operation == "APPENDS":
            items = self._marked()
            self.stack[-1].extend(items)
        elif operation == "BUILD":  # the versions of the layers, as an attribute
            self.stack.pop()
        elif operation not in ("PROTO", "STOP"):
            raise ValueError(operation)

    def _marked(self) -> list[Any]:
        """Take the values after the last mark."""
        start = max(place for place, value in enumerate(self.stack) if value is MARK)
        values = self.stack[start + 1 :]
        del self.stack[start:]
        return values


def _called(taken: list[Any]) -> Any:
    """Return what a function would: a tensor, a parameter or a mapping. Raises ValueError for others."""
    function, arguments = taken
    if function == Name("collections", "OrderedDict"):
        return dict(*arguments)
    if function == Name("torch._utils", "_rebuild_tensor_v2"):
        return Tensor(*arguments[:4])
    if function == Name("torch._utils", "_rebuild_parameter"):
        return arguments[0]
    raise ValueError(function)


def _storage(taken: list[Any]) -> Storage:
    [(kind, named, key, _, count, *_)] = taken
    if kind != "storage" or named.module != "torch":
        raise ValueError(kind)
    return Storage(key, DTYPES[named.name], count)


VALUES = {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"}
MADE: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "MARK": lambda: MARK,
}
TAKEN: Mapping[str, tuple[int | None, Callable[[list[Any]], Any]]] = {
    "TUPLE": (None, tuple),
    "TUPLE1": (1, tuple),
    "TUPLE2": (2, tuple),
    "TUPLE3": (3, tuple),
    "REDUCE": (2, _called),
    "BINPERSID": (1, _storage),
}
"""How many values an operation takes (None: those after the mark), and what it makes of them."""
