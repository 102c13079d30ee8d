"""Samplers and pruners, every option pinned, every trial drawn from a seed of its own."""

from __future__ import annotations

import copy
import warnings
import zlib
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from seqops.tuning.trial_numbers import SLOT, counted, trial_slot

SamplerName = Literal["tpe", "random"]
PrunerName = Literal["hyperband", "median", "none"]


class PerTrialSampler(BaseSampler):
    """Draw the trial at place n from (seed, n): neither a kill nor a second worker changes or repeats a draw.

    A sampler that is merely seeded starts its random numbers anew in every process: a study that is
    gone on with would then draw its first trials again.
    """

    def __init__(self, seed: int, make: Callable[[int], BaseSampler]) -> None:
        self._seed, self._make = seed, make
        self._own, self._now = seed, make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Take a sampler of the trial's own."""
        number = trial_slot(study, trial)
        study._storage.set_trial_user_attr(trial._trial_id, SLOT, number)
        self._own = _mixed(self._seed, number)
        self._now = self._make(self._own)
        self._now.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Ask the trial's sampler."""
        return self._now.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Ask the trial's sampler."""
        return self._now.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Ask a sampler of the value's own: a death between two values does not change the second."""
        sampler = self._make(_mixed(self._own, zlib.crc32(param_name.encode())))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Any) -> None:
        """Tell the trial's sampler."""
        self._now.after_trial(study, trial, state, values)


def _mixed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


NOWHERE = -1


class SlotHyperbandPruner(HyperbandPruner):
    """Hyperband that deals trials to its brackets by their places, and the dead to none."""

    def _get_bracket_id(self, study: Study, trial: FrozenTrial) -> int:
        if trial.state == TrialState.FAIL and not counted(trial):
            return NOWHERE
        dealt = copy.copy(trial)
        dealt.number = trial_slot(study, trial)
        return int(super()._get_bracket_id(study, dealt))


def sampler_of(name: SamplerName, startup_trials: int, seed: int) -> BaseSampler:
    """Make a sampler; startup_trials: trials drawn at random before TPE models the rest (Bergstra et al.

    2011).
    """
    if name == "random":
        return PerTrialSampler(seed, RandomSampler)
    return PerTrialSampler(seed, lambda own: _tpe(startup_trials, own))


def _tpe(startup_trials: int, seed: int) -> TPESampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return TPESampler(
            n_startup_trials=startup_trials,
            n_ei_candidates=24,
            multivariate=True,
            constant_liar=True,
            seed=seed,
        )


def pruner_of(name: PrunerName, epochs: int) -> BasePruner:
    """Make a pruner that sees the validation score after each of `epochs` epochs.

    `hyperband`: Li et al. 2018, reduction factor 3; `median`: worse than the median of the trials before,
    at the same epoch, after five trials and one epoch.
    """
    if name == "hyperband":
        return SlotHyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)
    if name == "median":
        return MedianPruner(n_startup_trials=5, n_warmup_steps=1, interval_steps=1)
    return NopPruner()
