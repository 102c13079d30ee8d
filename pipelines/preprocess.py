"""Split, learn vocabularies and scales from the training rows, and store ragged arrays."""

from seqops.core.arrays_io import read_table, write_splits
from seqops.core.files import write_json
from seqops.core.project import Store
from seqops.params import Params
from seqops.runtime.console import run_stage


def preprocess(name: str) -> None:
    """Encode the validated table of one task."""
    store = Store.find()
    task, folder = Params.load(store.params).task(name), store.folder(name)
    splits, meta = task.data.encode(read_table(folder.table))
    write_splits(folder.arrays, splits)
    write_json(folder.meta, meta)


if __name__ == "__main__":
    run_stage(preprocess)
