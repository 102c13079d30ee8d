"""Check the parsed table against the expectations of the task."""

from seqops.core.arrays_io import write_table
from seqops.core.errors import DataError
from seqops.core.files import write_json
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import err, run_stage
from seqops.validation import run_expectations


def validate(name: str) -> str:
    """Validate the raw files of one task and write its table."""
    project = Project.find()
    task, paths = Params.load(project.params).task(name), project.task_paths(name)
    raw = paths.raw_files()
    table, files = task.data.read(raw), ", ".join(path.name for path in raw)
    try:
        checked = task.data.with_checked_columns(table)
        task.data.resolved(table).check_model(task.section["model"])
    except DataError as error:
        raise DataError(f"{files}: {error}") from None
    for remark in task.data.remarks(checked):
        err.print(f"{name}: {remark}.", markup=False, highlight=False)
    report, leakage = run_expectations(checked, task.data.expectations()), task.data.leakage(checked)
    write_json(paths.validation, {**report.to_json(), **({"leakage": dict(leakage)} if leakage else {})})
    if found := ", ".join(f"{count} {what}" for what, count in leakage.items() if count):
        err.print(f"{name}: {found}.", markup=False, highlight=False)
    if not report.passed:
        err.print(report.table())
        raise DataError(f"{files}: {report.verdict()} Thresholds: tasks.{name}.data.")
    write_table(paths.table, table)
    return f"{report.rows:,} rows, {len(report.results)} expectations met"


if __name__ == "__main__":
    run_stage(validate)
