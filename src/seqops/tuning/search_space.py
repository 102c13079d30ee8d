"""Search space: the distributions of a task's `search` section."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from seqops.core.constrained_types import Positive, PositiveFloat
from seqops.core.errors import ConfigError, quoted
from seqops.core.interfaces import Task
from seqops.core.yaml_file import nearest
from seqops.params import Params

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

DIGITS = 3
KIND = "model.kind"
Scalar = bool | int | float | str | None
NOT_SEARCHED = {
    "fit.seed": "the seed is not a hyperparameter",
    "fit.epochs": "all trials must have the same budget",
    "fit.validation_rows": "all trials must be scored on the same rows",
}


@dataclass(frozen=True)
class Int:
    """An integer from `low` to `high`, both included.

    Attributes
    ----------
    kind
        `int`.
    low
        Smallest value; above 0 if `log` is true.
    high
        Largest value: `low` plus a whole number of steps.
    step
        Distance between two values; not together with `log`.
    log
        Sample on a logarithmic scale.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    kind: Literal["int"]
    low: int
    high: int
    step: Positive = 1
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, None if self.step == 1 else self.step, self.log)

    def suggest(self, key: str, trial: BaseTrial) -> int:
        """Sample the value of a key in a trial."""
        return trial.suggest_int(key, self.low, self.high, step=self.step, log=self.log)

    def to_value(self, raw: Any) -> int:
        """Convert the value stored in a trial to the value to train with."""
        return int(raw)

    def contains(self, value: Any) -> bool:
        """Return whether a trial can have exactly this value."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and self.low <= value <= self.high and (value - self.low) % self.step == 0

    def extremes(self) -> list[Scalar]:
        """Return both ends of the range."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Float:
    """A number from `low` to `high`, both included.

    Attributes
    ----------
    kind
        `float`.
    low
        Smallest value; above 0 if `log` is true.
    high
        Largest value: with a step, `low` plus a whole number of steps.
    step
        Distance between two values; null: any value, rounded to three digits. Not together with `log`.
    log
        Sample on a logarithmic scale.
    for_kinds
        Other ends for values of `model.kind`, as in `{transformer: [0.0001, 0.003]}`. If `model.kind` is
        searched, too, one range spans those of its choices.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    kind: Literal["float"]
    low: float
    high: float
    step: PositiveFloat | None = None
    log: bool = False
    for_kinds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for low, high in [(self.low, self.high), *self.for_kinds.values()]:
            _check_range(low, high, self.step, self.log)

    def spanning(self, kinds: Iterable[Any]) -> Float:
        """Return one range that spans those of values of `model.kind`."""
        ends = [self.for_kinds.get(kind, (self.low, self.high)) for kind in kinds]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        return replace(self, low=low, high=high, for_kinds={})

    def suggest(self, key: str, trial: BaseTrial) -> float:
        """Sample the value of a key in a trial, rounded by `to_value`."""
        return self.to_value(trial.suggest_float(key, self.low, self.high, step=self.step, log=self.log))

    def to_value(self, raw: float) -> float:
        """Round the value stored in a trial to the value to train with, short enough for params.yaml.

        That is the nearest step, or three digits of the value or of the range's width, whichever is finer.
        """
        if self.step is not None:
            low, step = Decimal(str(self.low)), Decimal(str(self.step))
            raw = float(low + round((Decimal(str(raw)) - low) / step) * step)
        elif raw != 0.0:
            finer = min(abs(raw), self.high - self.low)
            raw = round(raw, DIGITS - 1 - math.floor(math.log10(finer)))
        return float(min(max(raw, self.low), self.high))

    def contains(self, value: Any) -> bool:
        """Return whether a trial can have exactly this value."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high and self.to_value(value) == value

    def extremes(self) -> list[Scalar]:
        """Return both ends of the range."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Categorical:
    """One of several values.

    Attributes
    ----------
    kind
        `categorical`.
    choices
        Two or more different values: numbers, texts, true, false or null.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    kind: Literal["categorical"]
    choices: tuple[Any, ...]

    def __post_init__(self) -> None:
        for choice in self.choices:
            if not isinstance(choice, Scalar):
                raise ValueError(
                    f"a choice must be a number, a text, true, false or null, got {quoted(choice)}"
                )
        if len(set(self.choices)) < max(2, len(self.choices)):
            raise ValueError(f"two or more different choices are needed, got {list(self.choices)}")

    def suggest(self, key: str, trial: BaseTrial) -> Scalar:
        """Sample the value of a key in a trial."""
        chosen: Scalar = trial.suggest_categorical(key, self.choices)
        return chosen

    def to_value(self, raw: Any) -> Scalar:
        """Convert the value stored in a trial to the choice that equals it."""
        chosen: Scalar = self.choices[self.choices.index(raw)]
        return chosen

    def contains(self, value: Any) -> bool:
        """Return whether a trial can have exactly this value."""
        return any(type(value) is type(choice) and value == choice for choice in self.choices)

    def extremes(self) -> list[Scalar]:
        """Return all choices."""
        return list(self.choices)


Distribution = Int | Float | Categorical
Space = Mapping[str, Distribution]
"""Keys of a task's section (`model.units`) and their distributions."""

KINDS: dict[str, type[Distribution]] = {"int": Int, "float": Float, "categorical": Categorical}


def _check_range(low: float, high: float, step: float | None, log: bool) -> None:
    if low >= high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    if log and low <= 0:
        raise ValueError(f"log needs a low above 0, got {low}")
    if log and step is not None:
        raise ValueError("step and log exclude each other: leave one of them out")
    if step is not None and (Decimal(str(high)) - Decimal(str(low))) % Decimal(str(step)):
        raise ValueError(f"high must be low plus a whole number of steps, got {low}, {high} and step {step}")


def space_of(params: Params, name: str) -> Space:
    """Return the search space of a task; imports its network, and TensorFlow with it.

    Raises ConfigError for a key that cannot be searched, an invalid distribution, and a choice or an end of
    a range that the task does not accept.
    """
    task, path = params.task(name), f"tasks.{name}.search"
    entries = task.section.get("search")
    if not isinstance(entries, Mapping) or not entries:
        example = "`model.units: {kind: int, low: 32, high: 256, log: true}`"
        raise ConfigError(f"{params.at(path)}: nothing to search. Add keys and ranges, such as {example}.")
    space: dict[str, Distribution] = {}
    for key, entry in entries.items():
        _check_searched(params, path, key, task)
        space[key] = _distribution(params, f"{path}.{key}", entry)
    of_kinds = _for_kinds(params, name, space)
    for key, distribution in of_kinds.items():
        _check_extremes(params, name, key, distribution)
    return of_kinds


def _check_searched(params: Params, path: str, key: str, task: Task) -> None:
    at = params.at(f"{path}.{key}")
    if key in NOT_SEARCHED:
        raise ConfigError(f"{at}: it cannot be searched: {NOT_SEARCHED[key]}. Remove it.")
    if key.partition(".")[0] in ("source", "data"):
        raise ConfigError(f"{at}: data are encoded once for each study. Search only keys of model and fit.")
    searched = [k for k in task.values() if k.startswith(("model.", "fit.")) and k not in NOT_SEARCHED]
    if key not in searched:
        raise params.unknown(path, key, searched)


def _distribution(params: Params, path: str, entry: Any) -> Distribution:
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{params.at(path)}: it must be a mapping with a `kind`: {', '.join(KINDS)}.")
    if "kind" not in entry:
        raise ConfigError(f"{params.at(f'{path}.kind')}: missing. Add it: {', '.join(KINDS)}.")
    kind = str(entry["kind"])
    if kind not in KINDS:
        raise ConfigError(f"{params.at(f'{path}.kind')}: unknown kind {quoted(kind)}{nearest(kind, KINDS)}")
    checked: Distribution = params.typed(entry, KINDS[kind], path)
    return checked


def _for_kinds(params: Params, name: str, space: Space) -> Space:
    """Return the space with the ranges of the kinds of model that it, or else params.yaml, names."""
    for key, distribution in space.items():
        for kind in distribution.for_kinds if isinstance(distribution, Float) else ():
            at = f"tasks.{name}.search.{key}.for_kinds.{kind}"
            _check_accepted(params, name, KIND, kind, params.at(at))
    kinds = space[KIND].extremes() if KIND in space else [params.task(name).values().get(KIND)]
    return {key: each.spanning(kinds) if isinstance(each, Float) else each for key, each in space.items()}


def _check_extremes(params: Params, name: str, key: str, distribution: Distribution) -> None:
    for index, value in enumerate(distribution.extremes()):
        end = "choices" if isinstance(distribution, Categorical) else ("low", "high")[index]
        _check_accepted(params, name, key, value, params.at(f"tasks.{name}.search.{key}.{end}"))


def _check_accepted(params: Params, name: str, key: str, value: Any, at: str) -> None:
    try:
        params.with_values({f"tasks.{name}.{key}": value}).task(name).network()
    except ConfigError as error:
        reason = str(error).split(": ", 2)[-1]
        raise ConfigError(f"{at}: the task does not accept {quoted(value)}: {reason}") from None
