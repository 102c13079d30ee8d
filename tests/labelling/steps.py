"""A small configured task, and functions that write and read sequences."""

from dataclasses import replace

from seqops.tasks.labelling.data.dataset import Dataset

TASK = Dataset(
    sequence="sequence",
    values=(),
    label="label",
    test=0.2,
    validation=0.2,
    seed=0,
    max_length=20,
    sequences=60,
)
HEADER = "sequence,value,label"


def task(**changes):
    return replace(TASK, **changes)


def write_csv(folder, rows, header=HEADER, name="steps.csv"):
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def read_sample(folder, data=TASK):
    [content] = data.sample().values()
    path = folder / "sample.csv"
    path.write_bytes(content)
    return data.read([path])
