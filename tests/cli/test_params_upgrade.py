"""A params.yaml gets new keys in their place, and keeps its values, comments and order."""

import pytest

from seqops.cli.params_upgrade import upgraded_params

RELEASE = """# All settings.
evaluation:
  resamples: 2000  # of an interval
  seed: 0

report:
  width: 960  # pixels

tasks:
  ner:
    data:
      types: [A, B]
      test: 0.2
    fit:
      decay: {kind: cosine, rate: 0.1}
    search:
      fit.rate: {low: 1}
  other:
    data: {}
"""
MINE = """evaluation:
  seed: 7  # mine

tasks:
  ner:
    data:
      types:
        - X
      # after it
    fit:
      decay: {kind: none}
    search: {}
"""


def test_new_keys_come_where_the_release_has_them():
    assert (
        upgraded_params(MINE, RELEASE)
        == """evaluation:
  resamples: 2000  # of an interval
  seed: 7  # mine

report:
  width: 960  # pixels

tasks:
  ner:
    data:
      types:
        - X
      test: 0.2
      # after it
    fit:
      decay: {kind: none}
    search: {}
"""
    )


@pytest.mark.parametrize("text", [RELEASE, upgraded_params(MINE, RELEASE)])
def test_an_upgraded_file_stays_as_it_is(text):
    assert upgraded_params(text, RELEASE) == text


def test_a_renamed_key_keeps_its_value():
    before = "registry:\n  guard: 0.2  # level\ntasks:\n  ner: {}\n"
    release = "registry:\n  slice_alpha: 0.05\n  gate: all\ntasks:\n  ner: {}\n"
    assert upgraded_params(before, release) == (
        "registry:\n  slice_alpha: 0.2  # level\n  gate: all\ntasks:\n  ner: {}\n"
    )


def test_other_indentation_is_kept():
    assert upgraded_params("a:\n    b: 1\ntasks: {}\n", "a:\n  b: 2\n  c: 3\ntasks: {}\n") == (
        "a:\n    b: 1\n    c: 3\ntasks: {}\n"
    )
