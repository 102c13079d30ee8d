"""Words and punctuation marks joined to a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seqops.preprocessing.scripts import UNSPACED


def joined(words: Iterable[str]) -> str:
    """Join words with blanks as Spanish writes them, and begin with a capital letter.

    Characters of scripts without spaces, and their punctuation marks, are joined without blanks.
    """
    text = re.sub(r"([¿¡])\s+", r"\1", re.sub(r"\s+([^\w\s¿¡])", r"\1", " ".join(words)))
    text = re.sub(rf"(?<=[{UNSPACED}、。，！？])\s+(?=[{UNSPACED}])", "", text)
    start = next((i for i, letter in enumerate(text) if letter.isalnum()), 0)
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]
