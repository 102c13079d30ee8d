"""Raw inputs that are not valid text."""

import pytest

from seqops.core.errors import DataError
from seqops.preprocessing.csv_table import require_valid_unicode


def test_an_unpaired_surrogate_is_refused_with_the_number_of_its_input():
    require_valid_unicode(["", "a", "\U0001f600"])
    with pytest.raises(DataError, match=r"^input 2 is not valid Unicode"):
        require_valid_unicode(["a", "b\ud83d"])
