"""Sections of params.yaml that are not a task's own, and the `fit` section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen

from seqops.core.constrained_types import Count, NonNegative, Positive, PositiveFloat


@dataclass(frozen=True)
class DriftSettings:
    """The `drift` section of params.yaml.

    alpha: chance of a false alarm, all that is watched together; psi: a smaller shift does not matter,
    however sure it is; min_rows: rows, before and now, below which nothing can be told.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: Annotated[float, Gt(0.0), Lt(1.0)]
    psi: Annotated[float, Gt(0.0)]
    min_rows: Annotated[int, Ge(2)]


@dataclass(frozen=True)
class Decay:
    """How the learning rate falls over a fit.

    `exponential`: times `rate` an epoch; `cosine` and `linear`: to `rate` times its start at the last
    epoch; `inverse_sqrt`: by the root of the step after the warm-up, not below `rate` times its start
    (Vaswani et al. 2017, section 5.3); `plateau`: times `rate` after two epochs without a better validation
    score; `none`: constant.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    kind: Literal["exponential", "cosine", "linear", "inverse_sqrt", "plateau", "none"]
    rate: Annotated[float, Ge(0.0), Le(1.0)]


@dataclass(frozen=True)
class Stage:
    """One part of a fit: what is learnt, by which layers, for how long, at which rate.

    objective: `goal`, or `pretext` for what needs no labels (`Network.pretext`); layers: those that train, by
    name, the lowest first (none: all of them, at one rate); layer_lr_decay: what the rate is divided by from
    each of them to the one below it (Howard and Ruder 2018, section 3.2).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    epochs: Positive
    learning_rate: PositiveFloat
    objective: Literal["goal", "pretext"] = "goal"
    layers: tuple[str, ...] = ()
    layer_lr_decay: Annotated[float, Ge(1.0)] = 1.0


@dataclass(frozen=True)
class FitConfig:
    """How to fit: the `fit` section of a task.

    stages: parts that follow one another; where there are any, they say how long and at which rate instead
    of `epochs` and `learning_rate`. The decay runs through each of them anew.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    seed: Count
    epochs: Positive
    batch_size: Positive
    learning_rate: PositiveFloat
    decay: Decay
    warmup_steps: Count
    weight_decay: NonNegative
    clip_norm: PositiveFloat
    patience: Positive
    validation_rows: Positive
    stages: tuple[Stage, ...] = ()

    def plan(self) -> tuple[Stage, ...]:
        """Return the stages; without any, the one of all layers."""
        return self.stages or (Stage(self.epochs, self.learning_rate),)

    def total_epochs(self) -> int:
        """Count the epochs of all stages."""
        return sum(stage.epochs for stage in self.plan())


@dataclass(frozen=True)
class EvaluationSettings:
    """How intervals and paired tests are made."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    resamples: Positive
    seed: Count


@dataclass(frozen=True)
class RegistrySettings:
    """When a challenger may take the place of the champion.

    alpha: the level at which it must be better; slice_alpha: the level at which it may be worse on no slice
    (0: slices do not count); unscorable: what becomes of a champion that cannot be scored on the present
    rows, as after its environment was lost: `keep`, or `replace` by a challenger that beats the trivial
    baselines.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: Annotated[float, Gt(0.0), Lt(1.0)]
    slice_alpha: Annotated[float, Ge(0.0), Lt(1.0)]
    unscorable: Literal["keep", "replace"]


@dataclass(frozen=True)
class RetrainingSettings:
    """How a cycle of retraining goes where its command does not say.

    triggers: one of them is enough: `always`, `new-data`, `drift`, or an age of the champion, `age=7d`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    triggers: Annotated[tuple[str, ...], MinLen(1)]


@dataclass(frozen=True)
class TuningSettings:
    """How a search goes.

    trials: of a study, by whatever number of runs and workers; startup_trials: trials drawn at random before
    the sampler learns; finalists: trials trained again beside the present values, with `finalist_seeds` seeds
    each.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    trials: Positive
    sampler: Literal["tpe", "random"]
    startup_trials: Count
    pruner: Literal["hyperband", "median", "none"]
    seed: Count
    finalists: Positive
    finalist_seeds: Annotated[int, Ge(2)]


@dataclass(frozen=True)
class NotificationSettings:
    """Who is told what a retraining came to.

    webhook: an address that a JSON object is posted to, `command`: words of a command that gets it on its
    standard input (empty: neither); events: the outcomes that are told.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    webhook: str
    command: tuple[str, ...]
    events: tuple[Literal["promoted", "kept", "nothing", "refused", "failed"], ...]
