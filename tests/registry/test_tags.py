"""The tags of a version: five to look at, and the same values in those of former releases."""

import json

import pytest

from seqops.core.errors import DataError
from seqops.registry import tags, versions
from toy_registry import BAD, BETTER, GOOD

VALUES = {
    "seqops.source": "sample",
    "seqops.rows": "test 60",
    "seqops.better_baseline": "",
    "seqops.data_sha256": "d",
    "seqops.decision": "rolled back",
    "seqops.decision_by": "user",
    "seqops.decision_reason": "by the rule: no",
    "seqops.decision_numbers": '{"ours": 0.5}',
    "seqops.rolled_back": "true",
    "owner": "me",
}
TAGS = {
    "seqops.source": "sample",
    "seqops.rows": "test 60",
    "seqops.better_baseline": "",
    "seqops.decision": "rolled back by the user: by the rule: no",
    "seqops.provenance": '{"data_sha256": "d", "decision_numbers": {"ours": 0.5}, "rolled_back": "true"}',
    "owner": "me",
}


def test_what_is_not_to_be_read_is_in_one_tag_and_is_found_again():
    assert tags.packed(VALUES) == TAGS
    assert tags.unpacked(TAGS) == VALUES
    assert tags.unpacked(VALUES) == VALUES


def test_numbers_that_a_former_release_cut_stay_a_text():
    cut = {"seqops.decision_numbers": '{"ours": 0.'}
    assert tags.unpacked(tags.packed(cut)) == cut


def test_what_an_interrupted_change_left_of_a_former_release_does_not_count():
    assert tags.unpacked({**TAGS, "seqops.rolled_back": "false", "seqops.data_sha256": "e"}) == VALUES


def test_a_damaged_tag_is_named(toy):
    toy.make(GOOD)
    for text in ("{", "[]"):
        toy.client.set_model_version_tag(toy.model, "1", tags.PROVENANCE, text)
        with pytest.raises(DataError, match=r"the tag seqops\.provenance of version 1 of .* is damaged"):
            toy.tags("1")


def test_a_version_has_five_tags_at_most(toy):
    toy.make(GOOD)
    decision = toy.make(BETTER)
    found = toy.client.get_model_version(toy.model, "2").tags
    assert found.keys() == {*tags.READABLE, tags.PROVENANCE}
    assert found["seqops.source"] == "sample"
    assert found["seqops.rows"] == "test 60, train 60, validation 20"
    assert found["seqops.decision"] == f"promoted by the rule: {decision.reason}"
    kept = json.loads(found["seqops.provenance"])
    assert kept["former_champion"] == "1" and kept["decision_numbers"]["ours"] == 1.0
    assert {name for name in kept if name.endswith("_sha256")} == {
        f"{part}_sha256" for part in ("bundle", "code", "data", "lock", "model", "params", "predictions")
    }


def test_versions_of_a_former_release_are_found_compared_promoted_and_rolled_back(toy):
    toy.make(GOOD)
    toy.make(BETTER)
    for version in ("1", "2"):
        toy.as_former_release(version)
    assert len(toy.client.get_model_version(toy.model, "2").tags) > 10
    values = toy.tags("2")
    toy.publish()
    assert len(versions.versions(toy.client, toy.model)) == 2 and toy.tags("2") == values
    assert toy.make(BAD).before == "2"
    assert toy.champion_alias.roll_back().after == "1"
    assert toy.tags("2")["seqops.rolled_back"] == "true"
    assert toy.client.get_model_version(toy.model, "2").tags.keys() == {*tags.READABLE, tags.PROVENANCE}


class Killed(Exception):
    """Stands in for a process that ends at a call."""


class MortalClient:
    """A client that ends at the call of this number that writes a tag."""

    def __init__(self, client, calls):
        self.client, self.calls = client, calls

    def __getattr__(self, name):
        if name.endswith("_model_version_tag"):
            self.calls -= 1
            if self.calls < 0:
                raise Killed
        return getattr(self.client, name)


def test_values_of_a_former_release_are_never_lost_or_mixed_while_they_move_into_one_tag(toy):
    toy.make(GOOD)
    before = toy.tags("1")
    changes = {"seqops.decision": "kept", "seqops.decision_by": "user", "seqops.decision_reason": "a tie"}
    written = 0
    while True:
        toy.as_former_release("1")
        try:
            versions.tag(
                MortalClient(toy.client, written), versions.version(toy.client, toy.model, "1"), changes
            )
        except Killed:
            found = toy.tags("1")
            assert {k: v for k, v in found.items() if k not in changes} == {
                k: v for k, v in before.items() if k not in changes
            }
            assert {k: found[k] for k in changes} in (changes, {k: before[k] for k in changes})
        else:
            break
        versions.tag(toy.client, versions.version(toy.client, toy.model, "1"), changes)
        assert toy.tags("1") == {**before, **changes}
        toy.set_tags("1", before)
        written += 1
    assert written > 10
