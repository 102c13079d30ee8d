"""What a stage of a fit trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from seqops.core.interfaces import Meta, Network
from seqops.core.ragged import Split
from seqops.core.records import Goal
from seqops.core.score import Score


@dataclass(frozen=True)
class Objective:
    """What a stage of a fit trains: a network, the goal of its validation, and how it is scored."""

    network: Network
    goal: Goal
    score: Callable[[pd.DataFrame, Split, Meta], Sequence[Score]]
