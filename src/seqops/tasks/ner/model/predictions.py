"""Predicted tags as the columns of predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from seqops.core.ragged import Split
from seqops.preprocessing.iob2 import iob2_to_spans
from seqops.tasks.ner.data.alignment import character_spans

Tags = list[list[str]]


def predictions(split: Split, tags: Mapping[str, Tags]) -> pd.DataFrame:
    """Return the tags of each view, `corpus` or `raw` or both, as columns.

    `tags` of the corpus tokens; `starts`, `ends` and `types` of the character spans in raw text.
    """
    columns: dict[str, Any] = {}
    if "corpus" in tags:
        columns["tags"] = tags["corpus"]
    if "raw" in tags:
        offsets = split.ragged("raw_offsets")
        found = enumerate(map(iob2_to_spans, tags["raw"]))
        spans = [character_spans(row, np.asarray(offsets[i]).tolist()) for i, row in found]
        for part, name in enumerate(("starts", "ends", "types")):
            columns[name] = [[span[part] for span in row] for row in spans]
    return pd.DataFrame(columns)
