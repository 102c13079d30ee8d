"""The text format of fastText and word2vec."""

from __future__ import annotations

from pathlib import Path

from seqops.core.files import atomic_write
from seqops.word_vectors.skip_gram import WordVectors


def write_vectors(path: Path, found: WordVectors) -> None:
    """Write a line with the number of words and dimensions, then one per word, most frequent first.

    Words with white space in them are left out: the format cannot hold them.
    """
    kept = [i for i, word in enumerate(found.words) if not any(map(str.isspace, word))]
    lines = [f"{len(kept)} {found.vectors.shape[1]}"]
    lines += [" ".join([found.words[i], *(f"{x:.5f}" for x in found.vectors[i])]) for i in kept]
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", "utf-8")
