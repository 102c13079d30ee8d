"""A task with the further seeds with which its model is trained again."""

from __future__ import annotations

from dataclasses import replace

from seqops.core.interfaces import Task
from seqops.core.predictors import ClassicalModel


def repeats_of(task: Task, seeds: int) -> list[Task]:
    """Return the task with each seed after its own, so that there are `seeds` in all.

    A classical model depends on no seed, and is not repeated.
    """
    first = task.fit_config.seed
    if seeds > 1 and isinstance(task.network(), ClassicalModel):
        return []
    return [_with_seed(task, seed) for seed in range(first + 1, first + seeds)]


def _with_seed(task: Task, seed: int) -> Task:
    section = {**task.section, "fit": {**task.section["fit"], "seed": seed}}
    return replace(task, fit_config=replace(task.fit_config, seed=seed), section=section)
