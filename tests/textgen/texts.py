"""Small texts, and the task and network for them."""

from pathlib import Path

from seqops.tasks.textgen.data.dataset import Dataset

VERSE = "the cat sat on the mat.\nthe dog saw the cat and ran.\nand so the day was done.\n"


def task(**changed: object) -> Dataset:
    fields: dict[str, object] = {
        "encoding": "utf-8",
        "tokens": "character",
        "vocabulary": 300,
        "min_count": 1,
        "window": 8,
        "passage": 20,
        "context": 12,
        "section": "",
        "validation": 0.2,
        "test": 0.2,
        "min_chars": 10,
        "min_distinct_chars": 5,
        "max_copied_share": 0.5,
        "sample_chars": 1000,
    }
    return Dataset(**{**fields, **changed})  # type: ignore[arg-type]


def network(**changed: object):
    from seqops.tasks.textgen.model.network import Network

    fields: dict[str, object] = {
        "kind": "lstm",
        "mixture": "none",
        "embedding": 6,
        "units": 8,
        "layers": 1,
        "heads": 2,
        "dropout": 0.0,
        "recurrent_dropout": 0.0,
        "layer_norm": False,
        "residual": False,
        "tie_embeddings": False,
        "precision": "float32",
        "stateful": changed.get("kind") != "transformer",
        "temperature": 1.0,
        "top_k": 0,
        "top_p": 1.0,
        "length": 12,
        "seed": 0,
    }
    return Network(**{**fields, **changed})  # type: ignore[arg-type]


def write_file(folder: Path, content: bytes | str, name: str = "text.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
