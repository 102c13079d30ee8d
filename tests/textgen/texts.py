"""Small texts, and the task and network that read them."""

from pathlib import Path

from seqops.tasks.textgen.data.dataset import Task

VERSE = "the cat sat on the mat.\nthe dog saw the cat and ran.\nand so the day was done.\n"


def task(**changed: object) -> Task:
    fields: dict[str, object] = {
        "encoding": "utf-8",
        "tokens": "character",
        "vocabulary": 300,
        "minimum": 1,
        "window": 8,
        "passage": 20,
        "context": 12,
        "validation": 0.2,
        "test": 0.2,
        "fewest": 10,
        "distinct": 5,
        "copied": 0.5,
        "characters": 1000,
    }
    return Task(**{**fields, **changed})  # type: ignore[arg-type]


def network(**changed: object):
    from seqops.tasks.textgen.model.network import Net

    fields: dict[str, object] = {
        "kind": "lstm",
        "embedding": 6,
        "units": 8,
        "layers": 1,
        "heads": 2,
        "dropout": 0.0,
        "tied": False,
        "precision": "float32",
        "stateful": changed.get("kind") != "transformer",
        "temperature": 1.0,
        "top_k": 0,
        "top_p": 1.0,
        "length": 12,
        "seed": 0,
    }
    return Net(**{**fields, **changed})  # type: ignore[arg-type]


def written(folder: Path, content: bytes | str, name: str = "text.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
