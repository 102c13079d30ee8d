"""Raw inputs that are no text."""

import pytest

from seqops.core.errors import BadData
from seqops.preprocessing.csv_table import check_characters


def test_half_a_character_is_refused_by_the_number_of_its_input():
    check_characters(["", "a", "\U0001f600"])
    with pytest.raises(BadData, match=r"^input 2 holds half a character"):
        check_characters(["a", "b\ud83d"])
