"""What a task must offer. Nothing here knows a task, a path or a heavy library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from annotated_types import Ge, Gt, Le, Lt

from seqops.arrays import Array, Ragged, Split

if TYPE_CHECKING:
    import keras

Meta = dict[str, Any]
"""What `learn` learnt from the training rows (vocabularies, scales, sizes); plain JSON."""

Watched = Mapping[str, Ragged | Array]
"""What is watched of encoded rows by its name: finite numbers, or text for categories. A plain array (n,) has
a value a row; a ragged one has those that stand inside a row, which are not independent of one another."""

Positive = Annotated[int, Gt(0)]
Count = Annotated[int, Ge(0)]
PositiveFloat = Annotated[float, Gt(0.0)]
NonNegative = Annotated[float, Ge(0.0)]
Rate = Annotated[float, Ge(0.0), Lt(1.0)]
Fraction = Annotated[float, Gt(0.0), Le(1.0)]


class SeqopsError(Exception):
    """A failure that a person can mend: what, where (file, line, key) and what to do."""


class BadData(SeqopsError):
    """The user's data is wrong."""

    @classmethod
    def at(cls, path: Path, line: int | None, what: str, mend: str) -> BadData:
        """Name the file, the 1-based line (None for the whole file), what is wrong and what to do."""
        where = path.name if line is None else f"{path.name}:{line}"
        return cls(f"{where}: {what}. {mend}")


class BadParams(SeqopsError):
    """params.yaml is wrong."""


@dataclass(frozen=True)
class Expectation:
    """One promise about the table, in Great Expectations' own vocabulary.

    kind: an expectation type, such as `expect_column_values_to_be_between`; arguments: its keyword
    arguments; meaning: the promise in plain words, shown when it is broken.
    """

    kind: str
    arguments: Mapping[str, Any]
    meaning: str


@dataclass(frozen=True)
class Score:
    """A corpus-level metric as a function of sums of per-example statistics.

    statistics: (n, k), one row an example; value: maps sums (..., k) to values (...,). Because every
    metric has this form (F1 from tp, fp, fn; BLEU from n-gram counts; RMSE from squared errors), the
    bootstrap resamples rows and never re-scores text. block: consecutive examples that are resampled
    together (1: independent examples; more: the moving-block bootstrap for overlapping forecasts).
    """

    name: str
    statistics: npt.NDArray[np.float64]
    value: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
    higher_is_better: bool
    signature: str
    block: int = 1

    def point(self) -> float:
        """Return the metric over all examples."""
        return float(self.value(self.statistics.sum(axis=0)))

    def each(self) -> npt.NDArray[np.float64]:
        """Return the metric of each example alone: (n,)."""
        return self.value(self.statistics)


@dataclass(frozen=True)
class Goal:
    """The score that early stopping, tuning and promotion use."""

    metric: str
    higher_is_better: bool


@dataclass(frozen=True)
class Baseline:
    """Predictions that a model must face, on the very same rows."""

    name: str
    kind: Literal["trivial", "classical"]
    predicted: pd.DataFrame


@dataclass(frozen=True)
class Plot:
    """A picture as data: the report draws it, DVC and MLflow store it.

    kind `line` and `bar`: one series a `y` column over `x`; `heatmap`: `x` holds the row labels and the
    `y` columns are the cells. band: a (low, high) pair of columns drawn as a shaded region.
    """

    name: str
    title: str
    kind: Literal["line", "bar", "heatmap"]
    table: pd.DataFrame
    x: str
    y: Sequence[str]
    band: tuple[str, str] | None = None


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

    learns: `goal`, or `pretext` for what needs no labels (`Network.pretext`); layers: those that train, by
    name, the lowest first (none: all of them, at one rate); discount: what the rate is divided by from each
    of them to the one below it (Howard and Ruder 2018, section 3.2).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    epochs: Positive
    learning_rate: PositiveFloat
    learns: Literal["goal", "pretext"] = "goal"
    layers: tuple[str, ...] = ()
    discount: Annotated[float, Ge(1.0)] = 1.0


@dataclass(frozen=True)
class Recipe:
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


class Data(ABC):
    """The NumPy and pandas side of a task; its fields are the task's `data` section."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    registered_name: ClassVar[str]
    goal: ClassVar[Goal]
    intended_use: ClassVar[str]
    """What a model of this task is for, for its card."""
    limits: ClassVar[str]
    """What it must not be relied on for."""

    @abstractmethod
    def sample(self) -> Mapping[str, bytes]:
        """Invent examples in the published format: file name -> bytes, the same at every call."""

    @abstractmethod
    def read(self, raw: Sequence[Path]) -> pd.DataFrame:
        """Parse raw files to one row an example, in published order; `line` is its 1-based raw line.

        Raises BadData for what cannot be parsed.
        """

    @abstractmethod
    def assign(self, table: pd.DataFrame) -> npt.NDArray[np.str_]:
        """Name the split of each row (`train`, `validation`, `test`, or `unused`): (n,)."""

    def facts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Derive the columns that the expectations speak of; at least `split` joins the table."""
        return table.assign(split=self.assign(table))

    @abstractmethod
    def expectations(self) -> Sequence[Expectation]:
        """List what must hold of `facts(table)`."""

    def encode(self, table: pd.DataFrame) -> tuple[dict[str, Split], Meta]:
        """Split first, then learn from the training rows alone, then encode what was split."""
        split = self.assign(table)
        meta = self.learn(table, split)
        return self.apply(table, split, meta), meta

    @abstractmethod
    def learn(self, table: pd.DataFrame, split: npt.NDArray[np.str_]) -> Meta:
        """Learn vocabularies and scales, from the training rows alone; split: of each row (n,).

        Counts that describe the table may stand in the meta too, where no array and no weight hangs on them.
        """

    @abstractmethod
    def apply(self, table: pd.DataFrame, split: npt.NDArray[np.str_], meta: Meta) -> dict[str, Split]:
        """Encode rows by what was learnt before; split: of each row (n,).

        Returns `train`, `validation` and `test`. The meta may have been learnt on another table: a champion
        is scored on rows that it never saw. Which rows come out, and in which order, does not hang on it.
        Raises BadData where a split cannot be made of the rows.
        """

    @abstractmethod
    def baselines(self, splits: Mapping[str, Split], meta: Meta) -> Sequence[Baseline]:
        """Predict the test rows without a network."""

    @abstractmethod
    def score(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Score]:
        """Score predictions by the field's own metrics; the goal's metric is among them."""

    def slices(self, truth: Split, meta: Meta) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Name the subsets of test rows that deserve a score of their own: masks (n,)."""
        return {}

    def watched(self, split: Split, meta: Meta) -> Watched:
        """Choose what of encoded rows must stay as it was in training for a model to be trusted.

        Nothing that is so of training rows alone, as that they hold no unknown word: new rows of the very
        same kind would seem to have drifted.
        """
        return {}

    @abstractmethod
    def examples(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> pd.DataFrame:
        """Show each test row to a person: text columns such as `input`, `truth`, `predicted`."""

    def plots(self, predicted: pd.DataFrame, truth: Split, meta: Meta) -> Sequence[Plot]:
        """Draw what this task's errors look like."""
        return []

    @abstractmethod
    def request(self, inputs: Sequence[str], meta: Meta) -> Split:
        """Encode raw inputs as training rows are encoded. Raises BadData for unusable input."""

    @abstractmethod
    def respond(self, predicted: pd.DataFrame, inputs: Sequence[str], meta: Meta) -> list[dict[str, Any]]:
        """Turn predictions to one plain JSON record an input."""

    @abstractmethod
    def request_example(self, meta: Meta) -> str:
        """Return one valid raw input."""


Batch = tuple[Any, Any, Any]
"""(inputs, targets, weights) as `keras.Model.train_on_batch` takes them."""


class Network(ABC):
    """The Keras side of a task; its fields are the task's `model` section."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    @abstractmethod
    def build(self, meta: Meta, optimizer: keras.Optimizer | str = "sgd") -> keras.Model:
        """Build and compile the model; no data is read and no weight depends on more than the seed."""

    @abstractmethod
    def batch(self, split: Split, meta: Meta) -> Batch:
        """Pad a few examples, on the right, to what the model trains on."""

    @abstractmethod
    def lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the length by which examples are bucketed: (n,)."""

    @abstractmethod
    def predict(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict every example, one row each, in the columns that `Data.score` reads."""

    def validate(self, model: keras.Model, split: Split, meta: Meta) -> pd.DataFrame:
        """Predict for early stopping; cheaper than `predict` where decoding is dear."""
        return self.predict(model, split, meta)

    def calibrate(self, model: keras.Model, split: Split, meta: Meta) -> None:
        """Set, after the fit, what validation rows alone can teach, such as the width of intervals."""
        return

    def learns_from(self, split: Split) -> Split:
        """Take the training rows that have what this network learns from, such as a label."""
        return split

    def order(self, split: Split, batch_size: int) -> Sequence[npt.NDArray[np.int64]] | None:
        """Lay out the batches of every epoch where they must follow one another; None: drawn anew."""
        return None

    def pretext(self) -> Pretext | None:
        """Return what this network may learn first, without labels."""
        return None

    def samples(self, model: keras.Model, meta: Meta) -> pd.DataFrame:
        """Show, for the report, what the model makes up by itself; no column: nothing."""
        return pd.DataFrame()

    def stream(self, model: keras.Model, split: Split, meta: Meta) -> Iterator[str]:
        """Answer one request piece by piece. Raises SeqopsError where an answer has no pieces."""
        raise SeqopsError("this model answers at once. Ask it by `seqops predict`.")


@dataclass(frozen=True)
class Pretext:
    """What is learnt without labels by a network that shares variables, by path and shape, with another."""

    network: Network
    goal: Goal
    score: Callable[[pd.DataFrame, Split, Meta], Sequence[Score]]


@dataclass(frozen=True)
class Task:
    """One task of params.yaml, configured."""

    name: str
    source: str | list[str]
    data: Data
    network: Callable[[], Network]
    recipe: Recipe
    section: Mapping[str, Any] = field(repr=False)

    def values(self) -> dict[str, Any]:
        """Return every chosen value under its dotted key; the search space is no choice."""
        chosen = {key: value for key, value in self.section.items() if key != "search"}
        return flattened(chosen)


def flattened(value: Any, prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings to dotted keys."""
    if not isinstance(value, Mapping):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat |= flattened(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat
