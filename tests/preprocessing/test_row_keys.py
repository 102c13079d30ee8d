"""Keys of rows are the same everywhere, and find the rows that a model was fitted on."""

import hashlib

import numpy as np
import pytest

from seqops.core.errors import DataError
from seqops.core.ragged import Ragged, Split
from seqops.preprocessing.row_keys import (
    KEYS,
    fitted_keys,
    hash_fractions,
    key_hashes,
    keys_column,
    with_known_key,
)


def split(*rows):
    """Return a split whose rows have these keys."""
    return Split({KEYS: Ragged.from_rows([key_hashes(keys) for keys in rows], np.uint64)})


def test_a_hash_is_the_same_on_every_machine():
    expected = int.from_bytes(hashlib.blake2b("Größe".encode(), digest_size=8).digest(), "big")
    assert key_hashes(["Größe", "Größe".encode()]).tolist() == [expected, expected]
    assert hash_fractions(["Größe"])[0] == expected / 2**64


def test_another_salt_gives_other_hashes_of_the_same_keys():
    assert len({int(key_hashes(["a"], salt)[0]) for salt in (None, 0, 1)}) == 3


def test_half_of_a_surrogate_pair_can_be_hashed():
    assert len(key_hashes(["\ud800"])) == 1


def test_rows_with_any_known_key_are_found():
    splits = {"train": split(["a"], ["b", "c"]), "validation": split(["d"]), "test": split(["z"])}
    known = fitted_keys(splits)
    assert known.tolist() == sorted(int(key) for key in key_hashes("abcd"))
    found = with_known_key(split(["x"], ["x", "c"], [], ["d"], ["z"]), known)
    assert found.tolist() == [False, True, False, True, False]


def test_rows_with_two_keys_have_both():
    column = keys_column(["group 1", "group 2"], ["one", "two"])
    assert column[1].tolist() == key_hashes(["group 2", "two"]).tolist()
    assert len(keys_column([])) == 0


def test_rows_without_keys_are_refused_with_what_to_do():
    with pytest.raises(DataError, match=r"no column 'keys'\. Let Dataset\.encode add"):
        with_known_key(Split({"odd": np.zeros(1)}), key_hashes("a"))
