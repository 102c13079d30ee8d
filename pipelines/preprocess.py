"""Split the rows, fit the encoding on the training rows, and store ragged arrays."""

from seqops.core.arrays_io import read_table, write_splits
from seqops.core.files import write_json
from seqops.core.project import Project
from seqops.params import Params
from seqops.runtime.console import run_stage


def preprocess(name: str) -> str:
    """Encode the validated table of one task."""
    project = Project.find()
    task, paths = Params.load(project.params).task(name), project.task_paths(name)
    splits, meta = task.data.split_and_encode(read_table(paths.table))
    write_splits(paths.arrays, splits)
    write_json(paths.meta, meta)
    return ", ".join(f"{len(rows):,} {split}" for split, rows in splits.items()) + " rows"


if __name__ == "__main__":
    run_stage(preprocess)
