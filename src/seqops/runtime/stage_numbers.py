"""The number of a stage among those of a run: the command that starts a run tells it to the stages.

`dvc repro` alone does not: the order in which it runs the stages of several tasks is not fixed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

VARIABLE = "SEQOPS_STAGES"
"""The stages of a run in their order, separated by spaces."""


def planned(root: Path, tasks: Sequence[str]) -> list[str]:
    """List the stages of tasks, one task after the other, with those that DVC will skip.

    root: folder of dvc.yaml, which has the stages of a task in the order in which each needs the last one.
    """
    stages = YAML(typ="safe").load(root / "dvc.yaml")["stages"]
    return [f"{stage}@{task}" for task in tasks for stage, content in stages.items() if "foreach" in content]


def numbered(environment: Mapping[str, str], stages: Sequence[str]) -> dict[str, str]:
    """Return an environment in which stages know their numbers."""
    return {**environment, VARIABLE: " ".join(stages)}


def place_of(stage: str, task: str) -> str:
    """Name a stage: `stage 7 of 30: train ner`, or `train ner` if its run has not been counted."""
    stages = os.environ.get(VARIABLE, "").split()
    name = f"{stage}@{task}"
    counted = f"stage {stages.index(name) + 1} of {len(stages)}: " if name in stages else ""
    return f"{counted}{stage} {task}"
