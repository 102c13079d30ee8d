"""Hand-made sentences in both formats, and a task that reads them."""

from __future__ import annotations

from pathlib import Path

from seqops.tasks.ner.data.dataset import Dataset

KLP = """; 김하늘은 서울에 산다.
$<김하늘:PS>은 <서울:LC>에 산다.
1\t김\tNNP\tB_PS
1\t하늘\tNNG\tI
1\t은\tJX\tO
2\t서울\tNNP\tB_LC
2\t에\tJKB\tO
3\t살\tVV\tO
3\t\u11ab다\tEF\tO
3\t.\tSF\tO

; 하늘이 맑다.
$하늘이 맑다.
1\t하늘\tNNG\tO
1\t이\tJKS\tO
2\t맑\tVA\tO
2\t다\tEF\tO
2\t.\tSF\tO
"""
CONLL = """-DOCSTART- -X- O

Anna NNP B-PER
Berg NNP I-PER
visited VBD O
Oslo NNP B-LOC
. . O

It PRP O
rained VBD O
"""


def task(**changed: object) -> Dataset:
    """Configure the task for a small corpus."""
    fields: dict[str, object] = {
        "layout": "klp",
        "types": ("OG", "PS", "DT", "LC", "TI"),
        "split": "grouped",
        "test": 0.25,
        "validation": 0.25,
        "seed": 0,
        "tokens": "both",
        "tokenizer": "kiwi",
        "vectors": "none",
        "min_count": 1,
        "width": 8,
        "max_length": 100,
        "sentences": 40,
    }
    return Dataset(**{**fields, **changed})  # type: ignore[arg-type]


def write_file(folder: Path, content: str | bytes, name: str = "corpus.txt") -> Path:
    """Write a corpus to a file."""
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path
