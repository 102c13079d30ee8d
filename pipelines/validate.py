"""Hold the parsed table to what the task expects of it."""

from seqops.core.arrays_io import write_table
from seqops.core.errors import BadData
from seqops.core.files import write_json
from seqops.core.project import Store
from seqops.params import Params
from seqops.runtime.console import err, run_stage
from seqops.validation import run


def validate(name: str) -> None:
    """Validate the raw files of one task and write its table."""
    store = Store.find()
    task, folder = Params.load(store.params).task(name), store.folder(name)
    table = task.data.read(folder.raw_files())
    report = run(task.data.facts(table), task.data.expectations())
    write_json(folder.validation, report.document())
    if not report.passed:
        err.print(report.table())
        files = ", ".join(path.name for path in folder.raw_files())
        raise BadData(f"{files}: {report.verdict()} Thresholds: tasks.{name}.data.")
    write_table(folder.table, table)


if __name__ == "__main__":
    run_stage(validate)
