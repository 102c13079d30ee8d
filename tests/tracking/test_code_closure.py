"""A bundle ships all the code that its task needs, and nothing else."""

import ast
import subprocess
import sys

import pytest

from checkout import NAMES
from seqops.core.task_parts import PARTS
from seqops.registry.bundle import SERVING, copied, requirements
from seqops.tracking import code_closure
from seqops.tracking.code_closure import closure, third_party


def modules(task):
    return closure([SERVING, *(f"seqops.tasks.{task}.{part}" for part in PARTS)])


def write_modules(folder, **files):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(code_closure, "ROOT", tmp_path)
    write_modules(tmp_path, a="", inner__b="", inner__c="", inner__d="", unused="import numpy")
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "inner" / "__init__.py").write_text("from seqops.inner import c")
    return tmp_path


def test_all_forms_of_import_are_followed_and_parent_packages_included(package):
    write_modules(package, top="import seqops.a\ndef f():\n    from seqops.inner import b\n")
    assert set(closure(["seqops.top"])) == {
        "seqops", "seqops.top", "seqops.a", "seqops.inner", "seqops.inner.b", "seqops.inner.c",
    }  # fmt: skip


def test_relative_imports_are_followed(package):
    write_modules(package, inner__top="from . import d\nfrom ..a import x\n")
    assert {"seqops.inner.d", "seqops.a"} <= set(closure(["seqops.inner.top"]))


def test_imports_for_type_checking_are_left_out(package):
    write_modules(
        package,
        top="from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import seqops.a\nelse:\n    import seqops.inner.d\n",
    )
    assert "seqops.a" not in closure(["seqops.top"])
    assert "seqops.inner.d" in closure(["seqops.top"])


def test_third_party_packages_are_listed_by_top_level_name(package):
    write_modules(package, top="import numpy.typing as npt\nfrom keras import ops\nimport seqops.a\n")
    assert third_party(closure(["seqops.top"])) == {"numpy", "keras"}


@pytest.mark.parametrize("task", NAMES)
def test_the_bundle_of_a_task_contains_no_other_task_and_no_tool(task):
    names = set(modules(task))
    others = {name for name in names if name.startswith("seqops.tasks.")} - {
        name for name in names if name.startswith(f"seqops.tasks.{task}")
    }
    assert others == set()
    parts = {name.split(".")[1] for name in names if "." in name}
    assert not parts & {"cli", "doctor", "tuning", "retraining", "presets"}


@pytest.mark.parametrize("task", NAMES)
def test_requirements_pin_what_is_imported_and_nothing_that_only_the_pipeline_needs(task):
    pinned = {line.partition("==")[0] for line in requirements(modules(task))}
    assert {"tensorflow", "keras", "mlflow", "numpy", "pandas"} <= pinned
    assert not pinned & {"dvc", "optuna", "great-expectations", "cronsim"}


def test_the_copied_package_imports_by_itself(tmp_path):
    task = NAMES[0]
    found = modules(task)
    folder = copied(found, tmp_path)
    program = f"import sys; sys.path.insert(0, {str(folder.parent)!r})\n"
    program += "".join(f"import {name}\n" for name in found if name != SERVING)
    program += "import seqops; print(seqops.__file__)"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(str(tmp_path))
    assert all(ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py"))
