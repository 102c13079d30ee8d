"""The cost of an edit in stage runs, as `make check` prints it."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import reruns  # noqa: E402

DVC = """stages:
  fetch: {foreach: "${tasks}", do: {cmd: a, deps: [src/seqops/core, "src/seqops/tasks/${key}/data"]}}
  fit: {foreach: "${tasks}", do: {cmd: b, deps: [src/seqops/core, "src/seqops/tasks/${key}"]}}
"""


def project(root, *files):
    (root / "dvc.yaml").write_text(DVC)
    (root / "params.yaml").write_text("tasks: {ner: {}, mt: {}}\n")
    for file in files:
        path = root / "src" / "seqops" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""A module."""\n')


def test_an_edit_costs_the_runs_that_declare_the_file(tmp_path):
    project(
        tmp_path,
        "core/errors.py",
        "cli/app.py",
        "__init__.py",
        "tasks/ner/data/reader.py",
        "tasks/ner/metrics.py",
    )
    found, total = reruns.costs(tmp_path)
    costs = {folder.relative_to("src/seqops").as_posix(): runs for folder, runs in found.items()}
    assert total == 4
    assert costs == {"core": 4, "cli": 0, "tasks/ner/data": 2, "tasks/ner/metrics.py": 1}


def test_folders_used_only_for_reporting_rerun_no_training():
    found, total = reruns.costs(ROOT)
    tasks = total // 6
    costs = {folder.relative_to("src/seqops").as_posix(): runs for folder, runs in found.items()}
    assert costs["core"] == total
    assert costs["evaluation"] == costs["registry"] == costs["drift"] == tasks
    assert (
        costs["cli"]
        == costs["retraining"]
        == costs["tuning"]
        == costs["experiments"]
        == costs["runtime"]
        == 0
    )
    assert "tasks/*/metrics.py" in reruns.table(ROOT)
