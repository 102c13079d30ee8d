"""Reading safetensors files: a JSON header and raw numbers, so nothing in a file is executed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from seqops.core.errors import DataError, quoted

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
}
BFLOAT16 = "BF16"
LONGEST_HEADER = 100_000_000
"""Bytes of the longest header that the format allows."""
FIX = "It is damaged, or not a safetensors file: download it again."


def read_safetensors(content: bytes, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the tensors of a file by name; bfloat16, which NumPy lacks, as float32.

    name: of the file, for errors. Raises DataError for a file that is cut off or inconsistent. Format:
    https://huggingface.co/docs/safetensors
    """
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= size <= min(len(content) - 8, LONGEST_HEADER):
        raise DataError(f"{name}: has no header of safetensors. {FIX}")
    try:
        header = json.loads(content[8 : 8 + size])
    except (ValueError, RecursionError):
        raise DataError(f"{name}: its header is not JSON. {FIX}") from None
    if not isinstance(header, dict):
        raise DataError(f"{name}: its header is not a mapping. {FIX}")
    data = memoryview(content)[8 + size :]
    return {key: _tensor(name, key, entry, data) for key, entry in header.items() if key != "__metadata__"}


def _tensor(name: str, key: str, entry: Mapping[str, Any], data: memoryview) -> npt.NDArray[Any]:
    try:
        dtype, shape, (start, end) = entry["dtype"], [int(n) for n in entry["shape"]], entry["data_offsets"]
        kind = np.dtype("<u2" if dtype == BFLOAT16 else DTYPES[dtype])
        count = math.prod(shape)
        if min([0, *shape]) < 0 or not 0 <= start <= end <= len(data) or end - start != count * kind.itemsize:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise DataError(
            f"{name}: the tensor {quoted(key)} has an unknown type or a wrong size. {FIX}"
        ) from None
    flat = np.frombuffer(data[start:end], kind)
    if dtype == BFLOAT16:  # the upper half of a float32
        flat = (flat.astype("<u4") << 16).view("<f4")
    return flat.reshape(shape)
