"""The fingerprint depends on everything that determines the weights, and on nothing else."""

import dataclasses

from seqops.tracking import fingerprint
from seqops.tracking.fingerprint import FIT, Fingerprint, code_sha256, git_commit


def test_the_fingerprint_depends_on_each_part():
    base = Fingerprint("data", "params", "code", "lock")
    others = [dataclasses.replace(base, **{f.name: "x"}) for f in dataclasses.fields(base)]
    assert len({i.digest for i in (base, *others)}) == 5


def test_the_code_hash_differs_between_tasks():
    assert code_sha256("ner") != code_sha256("forecast")
    assert code_sha256("ner") == code_sha256("ner")


def test_the_code_hash_covers_every_module_of_a_fit(monkeypatch):
    whole = code_sha256("ner")
    for module in FIT:
        monkeypatch.setattr(fingerprint, "FIT", [name for name in FIT if name != module])
        assert code_sha256("ner") != whole


def test_a_folder_outside_git_has_no_commit(tmp_path):
    assert git_commit(tmp_path) == ""
