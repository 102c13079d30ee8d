"""Raw inputs that are no text."""

import pytest

from seqops.core.errors import DataError
from seqops.preprocessing.csv_table import require_valid_unicode


def test_half_a_character_is_refused_by_the_number_of_its_input():
    require_valid_unicode(["", "a", "\U0001f600"])
    with pytest.raises(DataError, match=r"^input 2 is not valid Unicode"):
        require_valid_unicode(["a", "b\ud83d"])
