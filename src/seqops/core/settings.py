"""The sections of params.yaml that are common to all tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen

from seqops.core.adapter import NO_ADAPTER, Adapter
from seqops.core.constrained_types import Count, NonNegative, Positive, PositiveFloat, Rate


@dataclass(frozen=True)
class DriftSettings:
    """When new data counts as drifted.

    Attributes
    ----------
    alpha
        Probability of a false alarm, over all features of a task together.
    psi
        Population stability index up to which a shift of an input is ignored, however significant it is.
    margin
        How much worse the mean score of a row may become, in units of the score, before that is drift.
    min_rows
        Rows, in training and now, that the tests need; with fewer, drift is not tested.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: Annotated[float, Gt(0.0), Lt(1.0)]
    psi: Annotated[float, Gt(0.0)]
    margin: NonNegative
    min_rows: Annotated[int, Ge(2)]


@dataclass(frozen=True)
class Decay:
    """The learning rate schedule of a fit.

    Attributes
    ----------
    kind
        `exponential`: multiplied by `rate` every epoch; `cosine` and `linear`: falls to `rate` times the
        initial value at the last epoch; `inverse_sqrt`: falls with the inverse square root of the step after
        the warm-up, not below `rate` times the initial value (Vaswani et al. 2017, section 5.3); `plateau`:
        multiplied by `rate` after two epochs without a better validation score; `none`: constant.
    rate
        Factor of the decay; its meaning depends on `kind`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    kind: Literal["exponential", "cosine", "linear", "inverse_sqrt", "plateau", "none"]
    rate: Annotated[float, Ge(0.0), Le(1.0)]


@dataclass(frozen=True)
class Stage:
    """One stage of a fit: its objective, layers, length and learning rate.

    Attributes
    ----------
    epochs
        Epochs of this stage at most.
    learning_rate
        Initial learning rate of this stage, after the warm-up.
    objective
        `goal`: the task itself; `pretext`: the network's pretext task, which needs no labels.
    layers
        Names of the layers to train, the lowest first, `*` for any text; empty: all, at one learning rate.
    layer_lr_decay
        Factor by which the learning rate of each of `layers` is divided for the layer below it
        (Howard and Ruder 2018, section 3.2).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    epochs: Positive
    learning_rate: PositiveFloat
    objective: Literal["goal", "pretext"] = "goal"
    layers: tuple[str, ...] = ()
    layer_lr_decay: Annotated[float, Ge(1.0)] = 1.0


OptimizerName = Literal["adamw", "nadam", "rmsprop", "sgd"]


@dataclass(frozen=True)
class FitConfig:
    """How a task's model is trained, with early stopping.

    Attributes
    ----------
    seed
        Seed of the initial weights, batch order, dropout and choice of validation rows.
    epochs
        Epochs at most; ignored if there are `stages`.
    batch_size
        Rows in a batch.
    learning_rate
        Initial learning rate, after the warm-up; ignored if there are `stages`.
    decay
        The learning rate schedule.
    warmup_steps
        Batches over which the learning rate grows linearly to its initial value; 0: no warm-up.
    weight_decay
        Weight decay, apart from the gradient; 0: none. Adam is `adamw` without it.
    clip_norm
        Global norm to which the gradients are clipped.
    patience
        Epochs without a better validation score after which a stage ends.
    validation_rows
        Validation rows that are scored after every epoch; if there are more, this many are drawn at random.
    refit
        Whether the model is trained again, after the best epoch is known, on training and validation rows
        together for as many epochs; what was calibrated on validation rows stays as it was.
    stages
        Stages that run in sequence, each from the best weights of the one before, with its own epochs and
        learning rate. The decay starts again in each of them. Empty: one stage of all layers.
    ema
        Decay per batch of an exponential moving average of the weights, which is scored beside the weights
        themselves after each epoch; the better ones count. 0: none.
    optimizer
        `adamw`, `nadam`, `rmsprop`, or `sgd`: gradient descent with a momentum of 0.9.
    adapter
        Adapters that are trained instead of the layers that they are attached to, in a fit of one stage.
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
    refit: bool = False
    ema: Rate = 0.0
    optimizer: OptimizerName = "adamw"
    adapter: Adapter = NO_ADAPTER

    def plan(self) -> tuple[Stage, ...]:
        """Return the stages; if there are none, one stage that trains all layers."""
        return self.stages or (Stage(self.epochs, self.learning_rate),)

    def total_epochs(self) -> int:
        """Count the epochs of all stages."""
        return sum(stage.epochs for stage in self.plan())


@dataclass(frozen=True)
class EvaluationSettings:
    """The resampling behind the intervals and paired tests of independent units, and the number of fits.

    Attributes
    ----------
    resamples
        Number of bootstrap resamples of an interval, and of random swaps of a paired test.
    seed
        Seed of the resamples and swaps.
    seeds
        Fits of each model that are scored on the test rows, with the seeds `fit.seed`, `fit.seed` + 1 and so
        on: the first is the model that is registered, the others show how much its scores depend on the seed.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    resamples: Positive
    seed: Count
    seeds: Positive


Gate = Literal["trivial", "not_worse", "all"]


@dataclass(frozen=True)
class RegistrySettings:
    """When a challenger may replace the champion.

    Attributes
    ----------
    alpha
        Significance level of the comparisons with baselines, and of all comparisons of challengers with the
        champion on the same test rows together: the k-th is made at 6 / (pi^2 k^2) of it.
    slice_alpha
        Significance level of the tests that the challenger is worse on a slice; it must not be on any.
        0: slices are not tested.
    unscorable
        A champion that cannot be scored on the current test rows, for example because its environment
        no longer exists: `keep` it, or `replace` it if the challenger passes the gate.
    untrained
        A version whose training did not improve on its initial model: `refuse` it, or `allow` it.
    gate
        Baselines that a version must pass, with or without a champion. `trivial`: it must beat every trivial
        baseline; `not_worse`: and not be significantly worse than any classical one; `all`: it must beat
        every baseline.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    alpha: Annotated[float, Gt(0.0), Lt(1.0)]
    slice_alpha: Annotated[float, Ge(0.0), Lt(1.0)]
    unscorable: Literal["keep", "replace"]
    untrained: Literal["refuse", "allow"]
    gate: Gate


@dataclass(frozen=True)
class RetrainingSettings:
    """Defaults of a retraining cycle; options of the command override them.

    Attributes
    ----------
    triggers
        Conditions, any of which starts the retraining: `always`, `new-data`, `drift`, or an age of the
        champion such as `age=7d`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    triggers: Annotated[tuple[str, ...], MinLen(1)]


@dataclass(frozen=True)
class TuningSettings:
    """The hyperparameter search of `seqops tune`.

    Attributes
    ----------
    trials
        Trials of a study, over all its runs and workers.
    sampler
        `tpe`: tree-structured Parzen estimator; `random`: random search.
    startup_trials
        Trials drawn at random before the sampler models the results.
    pruner
        Rule that stops unpromising trials early: `hyperband`, `median`, or `none`.
    seed
        Seed of the sampler.
    finalists
        Best trials that are trained again, together with the current values.
    finalist_seeds
        Seeds with which each finalist is trained.
    holdout
        Share of the validation units (rows, groups, origins) on which only the finalists are compared: no
        trial is chosen or stopped on them.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    trials: Positive
    sampler: Literal["tpe", "random"]
    startup_trials: Count
    pruner: Literal["hyperband", "median", "none"]
    seed: Count
    finalists: Positive
    finalist_seeds: Annotated[int, Ge(2)]
    holdout: Annotated[float, Gt(0.0), Lt(1.0)]


@dataclass(frozen=True)
class NotificationSettings:
    """Notifications about the outcome of a retraining.

    Attributes
    ----------
    webhook
        URL that a JSON object is posted to; empty: none. The environment variable SEQOPS_WEBHOOK
        overrides it.
    command
        Command, as a list of words, that receives the JSON object on its standard input; empty: none.
    events
        Outcomes that are notified: `promoted`, `kept`, `nothing` (nothing to do), `refused` (invalid data),
        `failed`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    webhook: str
    command: tuple[str, ...]
    events: tuple[Literal["promoted", "kept", "nothing", "refused", "failed"], ...]


@dataclass(frozen=True)
class DownloadSettings:
    """Limits of a download.

    Attributes
    ----------
    max_seconds
        Seconds that the download of one file may take, over all its attempts.
    min_rate
        Bytes per second that must arrive, on average over 30 seconds; 0: any rate.
    public_keys
        Keys of a source's query whose values are not secret, although they look it.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    max_seconds: Positive = 7200
    min_rate: Count = 1000
    public_keys: tuple[str, ...] = ()
