"""The order of the sources of a task."""

from seqops.core.raw_folder import sources_of


def test_a_list_keeps_its_order():
    assert sources_of(["b", "a"]) == [("", "b"), ("", "a")]


def test_the_files_for_training_come_first_in_whatever_order_the_splits_are_named():
    wanted = [("train", "b"), ("train", "a"), ("validation", "c"), ("test", "d")]
    assert sources_of({"test": "d", "train": ["b", "a"], "validation": "c"}) == wanted
    assert sources_of({"train": ["b", "a"], "validation": "c", "test": "d"}) == wanted
