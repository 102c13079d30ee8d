"""Hashes of parts of the package depend on their source alone."""

import hashlib

import pytest

from seqops.runtime import installed_code
from seqops.runtime.installed_packages import pins


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name in ("core/a.py", "core/__pycache__/a.pyc", "tasks/ner/data/b.py", "tasks/__pycache__/c.pyc"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "params.py").write_text("")
    monkeypatch.setattr(installed_code, "PACKAGE", tmp_path)
    return tmp_path


def test_parts_are_hashed_by_their_path(package):
    found = installed_code.hashes("core", "params.py", "tasks/*/*")
    assert list(found) == ["core", "params.py", "tasks/ner/data"]
    assert found["params.py"] == hashlib.sha256(b"").hexdigest()


def test_bytecode_does_not_count_and_source_does(package):
    before = installed_code.hashes("core")
    (package / "core" / "__pycache__" / "a.pyc").write_text("other")
    assert installed_code.hashes("core") == before
    (package / "core" / "a.py").write_text("other")
    assert installed_code.hashes("core") != before


def test_only_recorded_parts_are_compared(package, tmp_path):
    root = tmp_path / "project"
    (root / "installed" / "tasks" / "ner").mkdir(parents=True)
    assert installed_code.differing(root) == []
    (root / "installed" / "core").write_text(installed_code.hashes("core")["core"] + "\n")
    (root / "installed" / "tasks" / "ner" / "data").write_text("former\n")
    (root / "installed" / "gone").write_text("former\n")
    assert installed_code.differing(root) == ["gone", "tasks/ner/data"]


def test_the_packages_are_those_needed_directly_or_not():
    found = dict(pin.split("==") for pin in pins("seqops"))
    assert {"tensorflow", "dvc", "absl-py"} <= set(found)  # absl-py is needed by tensorflow
    assert "seqops" not in found and "pytest" not in found
