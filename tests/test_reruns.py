"""What an edit costs, as `make check` prints it."""

import sys
from pathlib import Path

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE / ".ci"))

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


def test_an_edit_costs_the_runs_that_declare_it(tmp_path):
    project(
        tmp_path,
        "core/errors.py",
        "cli/app.py",
        "__init__.py",
        "tasks/ner/data/reader.py",
        "tasks/ner/metrics.py",
    )
    found, total = reruns.costs(tmp_path)
    named = {folder.relative_to("src/seqops").as_posix(): runs for folder, runs in found.items()}
    assert total == 4
    assert named == {"core": 4, "cli": 0, "tasks/ner/data": 2, "tasks/ner/metrics.py": 1}


def test_no_folder_outside_a_task_that_only_reports_reruns_a_fit():
    found, total = reruns.costs(HERE)
    tasks = total // 5
    named = {folder.relative_to("src/seqops").as_posix(): runs for folder, runs in found.items()}
    assert named["core"] == total
    assert named["evaluation"] == named["registry"] == named["drift"] == tasks
    assert (
        named["cli"]
        == named["retraining"]
        == named["tuning"]
        == named["experiments"]
        == named["runtime"]
        == 0
    )
    assert "tasks/*/metrics.py" in reruns.table(HERE)
