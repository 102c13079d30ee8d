"""Check the parsed table against the expectations of the task."""

from seqops.core.arrays_io import write_table
from seqops.core.errors import DataError
from seqops.core.files import write_json
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import err, run_stage
from seqops.validation import run_expectations


def validate(name: str) -> None:
    """Validate the raw files of one task and write its table."""
    project = Project.find()
    task, paths = Params.load(project.params).task(name), project.task_paths(name)
    table = task.data.read(paths.raw_files())
    report = run_expectations(task.data.with_checked_columns(table), task.data.expectations())
    write_json(paths.validation, report.to_json())
    if not report.passed:
        err.print(report.table())
        files = ", ".join(path.name for path in paths.raw_files())
        raise DataError(f"{files}: {report.verdict()} Thresholds: tasks.{name}.data.")
    write_table(paths.table, table)


if __name__ == "__main__":
    run_stage(validate)
