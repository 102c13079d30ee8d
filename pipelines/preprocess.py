"""Split, learn vocabularies and scales from the training rows, and store ragged arrays."""

from seqops.console import run_stage
from seqops.params import Params
from seqops.store import Store, read_table, write_json, write_splits


def preprocess(name: str) -> None:
    """Encode the validated table of one task."""
    store = Store.find()
    task, folder = Params.load(store.params).task(name), store.folder(name)
    splits, meta = task.data.encode(read_table(folder.table))
    write_splits(folder.arrays, splits)
    write_json(folder.meta, meta)


if __name__ == "__main__":
    run_stage(preprocess)
