"""Samplers and pruners, with every option pinned and a seed for each trial."""

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
    """Sample the trial in slot n with seed (seed, n): neither a kill nor a second worker changes a sample.

    A sampler with a fixed seed restarts its random numbers in every process: a resumed study would then
    sample its first trials again.
    """

    def __init__(self, seed: int, make: Callable[[int], BaseSampler]) -> None:
        self._seed, self._make = seed, make
        self._trial_seed, self._sampler = seed, make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Make the sampler of the trial."""
        slot = trial_slot(study, trial)
        study._storage.set_trial_user_attr(trial._trial_id, SLOT, slot)
        self._trial_seed = _mixed(self._seed, slot)
        self._sampler = self._make(self._trial_seed)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Delegate to the sampler of the trial."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Delegate to the sampler of the trial."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Sample with a seed for each parameter: a kill between two parameters does not change the second."""
        sampler = self._make(_mixed(self._trial_seed, zlib.crc32(param_name.encode())))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Any) -> None:
        """Delegate to the sampler of the trial."""
        self._sampler.after_trial(study, trial, state, values)


def _mixed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


NO_BRACKET = -1


class SlotHyperbandPruner(HyperbandPruner):
    """Hyperband that assigns trials to brackets by their slots; trials that died belong to none."""

    def _get_bracket_id(self, study: Study, trial: FrozenTrial) -> int:
        if trial.state == TrialState.FAIL and not counted(trial):
            return NO_BRACKET
        numbered = copy.copy(trial)
        numbered.number = trial_slot(study, trial)
        return int(super()._get_bracket_id(study, numbered))


def sampler_of(name: SamplerName, startup_trials: int, seed: int) -> BaseSampler:
    """Make a sampler.

    startup_trials: trials sampled at random before TPE models the rest (Bergstra et al. 2011).
    """
    if name == "random":
        return PerTrialSampler(seed, RandomSampler)
    return PerTrialSampler(seed, lambda trial_seed: _tpe(startup_trials, trial_seed))


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

    `hyperband`: Li et al. 2018, reduction factor 3; `median`: prunes a trial that is worse than the
    median of earlier trials at the same epoch, after five trials and one epoch.
    """
    if name == "hyperband":
        return SlotHyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)
    if name == "median":
        return MedianPruner(n_startup_trials=5, n_warmup_steps=1, interval_steps=1)
    return NopPruner()
