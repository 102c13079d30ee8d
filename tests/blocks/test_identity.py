"""The fingerprint follows what decides the weights, and nothing else."""

import dataclasses

from seqops.blocks.identity import Identity, _imports, code_sha256, git_commit
from seqops.params import data_module


def test_the_fingerprint_follows_each_part():
    base = Identity("data", "params", "code", "lock")
    others = [dataclasses.replace(base, **{f.name: "x"}) for f in dataclasses.fields(base)]
    assert len({i.fingerprint for i in (base, *others)}) == 5


def test_the_code_of_one_task_is_not_that_of_another():
    assert code_sha256("ner") != code_sha256("forecast")
    assert code_sha256("ner") == code_sha256("ner")


def test_imports_are_followed_in_every_form(tmp_path):
    path = tmp_path / "m.py"
    path.write_text("import seqops.store\nfrom seqops.blocks import fit\nfrom numpy import array\n")
    assert _imports(path) == ["seqops.store", "seqops.blocks", "seqops.blocks.fit"]


def test_a_folder_outside_git_has_no_commit(tmp_path):
    assert git_commit(tmp_path) == ""


def test_a_task_module_is_found_by_its_name():
    assert data_module("ner").Task.registered_name == "ner-tagger"
