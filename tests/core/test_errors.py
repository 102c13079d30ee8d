"""What messages show of values that are not the program's own."""

import pytest

from seqops.core.errors import quoted, without_long_words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a b", "'a b'"),
        (7, "7"),
        ("a" * 100_000, f"'{'a' * 78}…"),
        ("https://ann:hush@h/a?token=hush", "'https://***@h/a?token=***'"),
        (f"https://ann:{'hush' * 100}@h/a", "'https://***@h/a'"),
    ],
)
def test_a_value_is_shown_shortened_and_without_secrets(value, shown):
    assert quoted(value) == shown


def test_a_value_that_python_cannot_show_is_shown_in_part():
    value = []
    for _ in range(100_000):
        value = [value]
    assert quoted(value) == "[[[[[[[...]]]]]]]"


def test_a_long_word_of_a_message_is_truncated():
    path = f"/data/{'a' * 400}.csv"
    assert without_long_words(f"{path}: no such file.") == f"{path}: no such file."
    assert without_long_words(f"no version\n  of {'a' * 10_000} is there.") == (
        f"no version\n  of {'a' * 499}… is there."
    )
