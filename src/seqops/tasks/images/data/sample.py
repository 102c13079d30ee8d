"""The embedded data: 1,797 handwritten digits, which scikit-learn brings with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def digits() -> Mapping[str, bytes]:
    """Return the test part of UCI's optical recognition of handwritten digits, as two IDX files.

    Pictures of 8 x 8, written by 13 people (Alpaydin and Kaynak 1998). Their 17 shades of grey, of which 0 is
    the paper, become 0 to 255.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = np.rint(found.images * (255 / 16)).astype(np.uint8)
    return {
        "digits-images-idx3-ubyte": _idx(pixels),
        "digits-labels-idx1-ubyte": _idx(found.target.astype(np.uint8)),
    }


def _idx(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()
