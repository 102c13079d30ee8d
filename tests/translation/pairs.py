"""A small task of hand-made pairs."""

from __future__ import annotations

from pathlib import Path

from seqops.tasks.translation.data.dataset import Dataset

PAIRS = [
    ("Go.", "Ve."),
    ("Go.", "Vete."),
    ("I see the house.", "Veo la casa."),
    ("I see the red house.", "Veo la casa roja."),
    ("You see the house.", "Ves la casa."),
    ("I have a red car.", "Tengo un coche rojo."),
    ("The car is red.", "El coche es rojo."),
    ("the  car is RED.", "El auto es rojo."),
]


def task(**changed: object) -> Dataset:
    """Configure the task for a small corpus."""
    fields: dict[str, object] = {
        "source_column": 0,
        "target_column": 1,
        "vocabulary": 300,
        "joint": False,
        "validation_share": 0.2,
        "test_share": 0.3,
        "max_length": 100,
        "min_rows": 1,
    }
    return Dataset(**{**fields, **changed})  # type: ignore[arg-type]


def to_tsv(pairs: list[tuple[str, str]] = PAIRS) -> bytes:
    """Return pairs as a tab-separated file."""
    return "".join(f"{source}\t{target}\n" for source, target in pairs).encode()


def write_file(folder: Path, content: bytes, name: str = "pairs.tsv") -> Path:
    """Write a corpus to a file."""
    path = folder / name
    path.write_bytes(content)
    return path
